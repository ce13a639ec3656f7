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
CREATE TABLE "grants" (
	"id" text PRIMARY KEY NOT NULL,
	"owner_id" text NOT NULL,
	"grantee_id" text NOT NULL,
	"image_id" text,
	"volume_id" text,
	"access" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "grants_id_volume_grantee" UNIQUE("id","volume_id","grantee_id"),
	CONSTRAINT "grants_access" CHECK (access in ('read', 'use')),
	CONSTRAINT "grants_of_one" CHECK ((image_id is null) <> (volume_id is null)),
	CONSTRAINT "grants_to_another" CHECK (owner_id <> grantee_id)
);
--> statement-breakpoint
CREATE TABLE "rate_windows" (
	"key" text PRIMARY KEY NOT NULL,
	"count" integer NOT NULL,
	"ends_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
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
CREATE TABLE "build_time" (
	"user_id" text NOT NULL,
	"day" date NOT NULL,
	"seconds" double precision NOT NULL,
	CONSTRAINT "build_time_user_id_day_pk" PRIMARY KEY("user_id","day")
);
--> statement-breakpoint
ALTER TABLE "users" DROP CONSTRAINT "users_name";--> statement-breakpoint
ALTER TABLE "build_bases" DROP CONSTRAINT "build_bases_source";--> statement-breakpoint
ALTER TABLE "containers" DROP CONSTRAINT "containers_cause";--> statement-breakpoint
ALTER TABLE "mounts" DROP CONSTRAINT "mounts_own_volume";
--> statement-breakpoint
DROP INDEX "audit_log_subject";--> statement-breakpoint
ALTER TABLE "audit_log" ALTER COLUMN "user_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "mounts" ADD COLUMN "volume_owner_id" text;--> statement-breakpoint
ALTER TABLE "mounts" ADD COLUMN "grant_id" text;--> statement-breakpoint
UPDATE "mounts" SET "volume_owner_id" = "user_id" WHERE "volume_id" IS NOT NULL;--> statement-breakpoint
ALTER TABLE "hosts" ADD COLUMN "secret_key_ids" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
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
ALTER TABLE "flows" ADD CONSTRAINT "flows_own_container" FOREIGN KEY ("container_id","user_id") REFERENCES "public"."containers"("id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_days" ADD CONSTRAINT "usage_days_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_grantee_id_users_id_fk" FOREIGN KEY ("grantee_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_own_image" FOREIGN KEY ("image_id","owner_id") REFERENCES "public"."images"("id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_own_volume" FOREIGN KEY ("volume_id","owner_id") REFERENCES "public"."volumes"("id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "container_secrets" ADD CONSTRAINT "container_secrets_own_container" FOREIGN KEY ("container_id","user_id") REFERENCES "public"."containers"("id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "container_secrets" ADD CONSTRAINT "container_secrets_own_secret" FOREIGN KEY ("secret_id","user_id") REFERENCES "public"."secrets"("id","user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "secrets" ADD CONSTRAINT "secrets_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "build_time" ADD CONSTRAINT "build_time_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "flows_container" ON "flows" USING btree ("container_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "grants_image" ON "grants" USING btree ("grantee_id","image_id") WHERE revoked_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "grants_volume" ON "grants" USING btree ("grantee_id","volume_id") WHERE revoked_at is null;--> statement-breakpoint
CREATE INDEX "grants_owner" ON "grants" USING btree ("owner_id","id");--> statement-breakpoint
CREATE INDEX "rate_windows_ends" ON "rate_windows" USING btree ("ends_at");--> statement-breakpoint
CREATE INDEX "container_secrets_secret" ON "container_secrets" USING btree ("secret_id");--> statement-breakpoint
ALTER TABLE "mounts" ADD CONSTRAINT "mounts_volume_of_owner" FOREIGN KEY ("volume_id","volume_owner_id") REFERENCES "public"."volumes"("id","user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mounts" ADD CONSTRAINT "mounts_by_grant" FOREIGN KEY ("grant_id","volume_id","user_id") REFERENCES "public"."grants"("id","volume_id","grantee_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "mounts_grant" ON "mounts" USING btree ("grant_id");--> statement-breakpoint
CREATE INDEX "audit_log_at" ON "audit_log" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "users_name" ON "users" USING btree ("name") WHERE state <> 'removed';--> statement-breakpoint
CREATE INDEX "users_removing" ON "users" USING btree ("id") WHERE state = 'removing';--> statement-breakpoint
CREATE INDEX "audit_log_subject" ON "audit_log" USING btree ("subject","id");--> statement-breakpoint
ALTER TABLE "build_bases" ADD CONSTRAINT "build_bases_source" CHECK (source in ('own', 'granted', 'catalog', 'registry'));--> statement-breakpoint
ALTER TABLE "containers" ADD CONSTRAINT "containers_cause" CHECK (termination is null or termination->>'cause' in ('completed', 'error', 'signal', 'oom', 'timeout', 'idle', 'ttl', 'stopped', 'quota', 'disk_full', 'grant_revoked', 'host_lost', 'image_missing', 'operator'));--> statement-breakpoint
ALTER TABLE "mounts" ADD CONSTRAINT "mounts_owner" CHECK ((volume_id is null) = (volume_owner_id is null));--> statement-breakpoint
ALTER TABLE "mounts" ADD CONSTRAINT "mounts_granted" CHECK (volume_owner_id is null or (volume_owner_id = user_id) = (grant_id is null));--> statement-breakpoint
ALTER TABLE "audit_log" ADD CONSTRAINT "audit_log_outcome" CHECK (outcome in ('done', 'refused'));--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_state" CHECK (state in ('active', 'removing', 'removed'));--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_removal" CHECK ((removal is null) = (state = 'active'));--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_removed" CHECK ((removed_at is not null) = (state = 'removed'));