CREATE TABLE "container_secrets" (
	"container_id" text NOT NULL,
	"position" integer NOT NULL,
	"user_id" text NOT NULL,
	"secret_id" text NOT NULL,
	"target" text NOT NULL,
	"uid" integer NOT NULL,
	"gid" integer NOT NULL,
	"mode" integer NOT NULL,
	"version" integer,
	CONSTRAINT "container_secrets_container_id_position_pk" PRIMARY KEY("container_id","position"),
	CONSTRAINT "container_secrets_target" UNIQUE("container_id","target"),
	CONSTRAINT "container_secrets_mode" CHECK (mode between 0 and 511)
);
--> statement-breakpoint
CREATE TABLE "secrets" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"sealed_value" "bytea" NOT NULL,
	"size_bytes" integer NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "secrets_name" UNIQUE("user_id","name"),
	CONSTRAINT "secrets_id_user" UNIQUE("id","user_id")
);
--> statement-breakpoint
ALTER TABLE "hosts" ADD COLUMN "secret_key_ids" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "container_secrets" ADD CONSTRAINT "container_secrets_own_container" FOREIGN KEY ("container_id","user_id") REFERENCES "public"."containers"("id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "container_secrets" ADD CONSTRAINT "container_secrets_own_secret" FOREIGN KEY ("secret_id","user_id") REFERENCES "public"."secrets"("id","user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "secrets" ADD CONSTRAINT "secrets_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "container_secrets_secret" ON "container_secrets" USING btree ("secret_id");