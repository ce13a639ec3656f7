CREATE TABLE "flows" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"container_id" text NOT NULL,
	"verdict" text NOT NULL,
	"protocol" text NOT NULL,
	"address" text NOT NULL,
	"port" integer NOT NULL,
	"name" text NOT NULL,
	"sent_packets" bigint DEFAULT 0 NOT NULL,
	"sent_bytes" bigint DEFAULT 0 NOT NULL,
	"received_packets" bigint DEFAULT 0 NOT NULL,
	"received_bytes" bigint DEFAULT 0 NOT NULL,
	"first_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "flows_destination" UNIQUE("container_id","verdict","protocol","address","port","name"),
	CONSTRAINT "flows_verdict" CHECK (verdict in ('allowed', 'denied'))
);
--> statement-breakpoint
CREATE TABLE "usage_days" (
	"user_id" text NOT NULL,
	"day" date NOT NULL,
	"egress_bytes" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "usage_days_user_id_day_pk" PRIMARY KEY("user_id","day")
);
--> statement-breakpoint
ALTER TABLE "flows" ADD CONSTRAINT "flows_own_container" FOREIGN KEY ("container_id","user_id") REFERENCES "public"."containers"("id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_days" ADD CONSTRAINT "usage_days_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "flows_container" ON "flows" USING btree ("container_id","id");