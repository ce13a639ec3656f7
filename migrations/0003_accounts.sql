CREATE TABLE "build_time" (
	"user_id" text NOT NULL,
	"day" date NOT NULL,
	"seconds" double precision NOT NULL,
	CONSTRAINT "build_time_user_id_day_pk" PRIMARY KEY("user_id","day")
);
--> statement-breakpoint
ALTER TABLE "users" DROP CONSTRAINT "users_name";--> statement-breakpoint
DROP INDEX "audit_log_subject";--> statement-breakpoint
ALTER TABLE "audit_log" ALTER COLUMN "user_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "audit_log" ADD COLUMN "address" text;--> statement-breakpoint
ALTER TABLE "audit_log" ADD COLUMN "outcome" text DEFAULT 'done' NOT NULL;--> statement-breakpoint
ALTER TABLE "quotas" ADD COLUMN "pids" integer DEFAULT 5120 NOT NULL;--> statement-breakpoint
ALTER TABLE "quotas" ADD COLUMN "image_bytes" bigint DEFAULT 107374182400 NOT NULL;--> statement-breakpoint
ALTER TABLE "quotas" ADD COLUMN "build_minutes" integer DEFAULT 3000 NOT NULL;--> statement-breakpoint
ALTER TABLE "quotas" ADD COLUMN "streams" integer DEFAULT 1000 NOT NULL;--> statement-breakpoint
ALTER TABLE "quotas" ADD COLUMN "keys" integer DEFAULT 50 NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "state" text DEFAULT 'active' NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "policy" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "removal" jsonb;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "removed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "build_time" ADD CONSTRAINT "build_time_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_log_at" ON "audit_log" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "users_name" ON "users" USING btree ("name") WHERE state <> 'removed';--> statement-breakpoint
CREATE INDEX "users_removing" ON "users" USING btree ("id") WHERE state = 'removing';--> statement-breakpoint
CREATE INDEX "audit_log_subject" ON "audit_log" USING btree ("subject","id");--> statement-breakpoint
ALTER TABLE "audit_log" ADD CONSTRAINT "audit_log_outcome" CHECK (outcome in ('done', 'refused'));--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_state" CHECK (state in ('active', 'removing', 'removed'));--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_removal" CHECK ((removal is null) = (state = 'active'));--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_removed" CHECK ((removed_at is not null) = (state = 'removed'));