CREATE TABLE "blob_chunks" (
	"blob_id" text NOT NULL,
	"position" integer NOT NULL,
	"data" "bytea" NOT NULL,
	CONSTRAINT "blob_chunks_blob_id_position_pk" PRIMARY KEY("blob_id","position")
);
--> statement-breakpoint
CREATE TABLE "blobs" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"digest" text,
	"size_bytes" bigint,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "build_bases" (
	"build_id" text NOT NULL,
	"reference" text NOT NULL,
	"image_id" text NOT NULL,
	"digest" text NOT NULL,
	"source" text NOT NULL,
	CONSTRAINT "build_bases_build_id_reference_pk" PRIMARY KEY("build_id","reference"),
	CONSTRAINT "build_bases_source" CHECK (source in ('own', 'catalog'))
);
--> statement-breakpoint
CREATE TABLE "build_log_chunks" (
	"build_id" text NOT NULL,
	"first_line" integer NOT NULL,
	"lines" jsonb NOT NULL,
	CONSTRAINT "build_log_chunks_build_id_first_line_pk" PRIMARY KEY("build_id","first_line")
);
--> statement-breakpoint
CREATE TABLE "build_steps" (
	"build_id" text NOT NULL,
	"number" integer NOT NULL,
	"instruction" text NOT NULL,
	"state" text NOT NULL,
	"cached" boolean DEFAULT false NOT NULL,
	"layer_digest" text,
	"size_bytes" bigint,
	"started_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "build_steps_build_id_number_pk" PRIMARY KEY("build_id","number"),
	CONSTRAINT "build_steps_state" CHECK (state in ('running', 'succeeded', 'failed', 'cancelled'))
);
--> statement-breakpoint
CREATE TABLE "builds" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"host_id" text,
	"kind" text NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"tag" text,
	"catalog" boolean DEFAULT false NOT NULL,
	"dockerfile" text NOT NULL,
	"dockerfile_text" text NOT NULL,
	"target" text,
	"build_args" jsonb NOT NULL,
	"labels" jsonb NOT NULL,
	"no_cache" boolean NOT NULL,
	"changes" text[] DEFAULT '{}' NOT NULL,
	"blob_id" text,
	"context_digest" text NOT NULL,
	"context_bytes" bigint NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"cancel_requested_at" timestamp (3) with time zone,
	"image_id" text,
	"failure" jsonb,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "builds_id_user" UNIQUE("id","user_id"),
	CONSTRAINT "builds_kind" CHECK (kind in ('dockerfile', 'rootfs', 'archive')),
	CONSTRAINT "builds_state" CHECK (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
	CONSTRAINT "builds_ended" CHECK ((finished_at is not null) = (state in ('succeeded', 'failed', 'cancelled'))),
	CONSTRAINT "builds_succeeded" CHECK ((image_id is not null) = (state = 'succeeded')),
	CONSTRAINT "builds_failed" CHECK ((failure is not null) = (state = 'failed'))
);
--> statement-breakpoint
CREATE TABLE "container_events" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"container_id" text NOT NULL,
	"action" text NOT NULL,
	"exit_code" integer,
	"at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "containers" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"host_id" text NOT NULL,
	"name" text NOT NULL,
	"image_id" text,
	"image_reference" text NOT NULL,
	"image_digest" text NOT NULL,
	"config" jsonb NOT NULL,
	"labels" jsonb NOT NULL,
	"limits" jsonb NOT NULL,
	"desired" text NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"generation" integer DEFAULT 1 NOT NULL,
	"start_due" boolean NOT NULL,
	"stop_request" jsonb,
	"remove_volumes" boolean DEFAULT false NOT NULL,
	"requested_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"engine_id" text,
	"engine_started_at" text,
	"failures" integer DEFAULT 0 NOT NULL,
	"exit_code" integer,
	"termination" jsonb,
	"failure" jsonb,
	"timings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	"removed_at" timestamp (3) with time zone,
	CONSTRAINT "containers_id_user" UNIQUE("id","user_id"),
	CONSTRAINT "containers_desired" CHECK (desired in ('created', 'running', 'exited', 'removed')),
	CONSTRAINT "containers_state" CHECK (state in ('pending', 'created', 'running', 'paused', 'restarting', 'exited', 'removing', 'removed', 'failed', 'lost')),
	CONSTRAINT "containers_cause" CHECK (termination is null or termination->>'cause' in ('completed', 'error', 'signal', 'oom', 'timeout', 'idle', 'ttl', 'stopped', 'quota', 'disk_full', 'host_lost', 'image_missing', 'operator')),
	CONSTRAINT "containers_failed" CHECK (state not in ('failed', 'lost') or failure is not null),
	CONSTRAINT "containers_removed" CHECK ((removed_at is not null) = (state = 'removed'))
);
--> statement-breakpoint
CREATE TABLE "mounts" (
	"container_id" text NOT NULL,
	"position" integer NOT NULL,
	"user_id" text NOT NULL,
	"type" text NOT NULL,
	"volume_id" text,
	"target" text NOT NULL,
	"read_only" boolean NOT NULL,
	"size_bytes" bigint,
	CONSTRAINT "mounts_container_id_position_pk" PRIMARY KEY("container_id","position"),
	CONSTRAINT "mounts_target" UNIQUE("container_id","target"),
	CONSTRAINT "mounts_type" CHECK ((type = 'volume' and volume_id is not null) or (type = 'tmpfs' and volume_id is null))
);
--> statement-breakpoint
CREATE TABLE "events" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"user_id" text NOT NULL,
	"type" text NOT NULL,
	"subject" text NOT NULL,
	"data" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "hosts" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"lease_holder" text NOT NULL,
	"lease_expires_at" timestamp (3) with time zone NOT NULL,
	"stream_url" text NOT NULL,
	"cpus" double precision NOT NULL,
	"memory_bytes" bigint NOT NULL,
	"engine" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "hosts_name" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "image_tags" (
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"image_id" text NOT NULL,
	"catalog" boolean DEFAULT false NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "image_tags_user_id_name_pk" PRIMARY KEY("user_id","name")
);
--> statement-breakpoint
CREATE TABLE "images" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"host_id" text NOT NULL,
	"digest" text NOT NULL,
	"state" text DEFAULT 'ready' NOT NULL,
	"size_bytes" bigint NOT NULL,
	"architecture" text NOT NULL,
	"os" text NOT NULL,
	"config" jsonb NOT NULL,
	"diff_ids" text[] NOT NULL,
	"catalog" boolean DEFAULT false NOT NULL,
	"build_id" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "images_id_user" UNIQUE("id","user_id"),
	CONSTRAINT "images_state" CHECK (state in ('ready', 'removing'))
);
--> statement-breakpoint
CREATE TABLE "layers" (
	"image_id" text NOT NULL,
	"position" integer NOT NULL,
	"image_digest" text,
	"created_by" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"comment" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "layers_image_id_position_pk" PRIMARY KEY("image_id","position")
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"name" text NOT NULL,
	"hash" text NOT NULL,
	"scopes" text[] NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "api_keys_hash" UNIQUE("hash"),
	CONSTRAINT "api_keys_scopes" CHECK (scopes <@ array['read', 'write', 'admin']::text[])
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"user_id" text NOT NULL,
	"key_id" text,
	"request_id" text,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"user_id" text NOT NULL,
	"key" text NOT NULL,
	"request_hash" text NOT NULL,
	"subject" text,
	"status" integer,
	"body" text,
	"locked_until" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_keys_user_id_key_pk" PRIMARY KEY("user_id","key")
);
--> statement-breakpoint
CREATE TABLE "quotas" (
	"user_id" text PRIMARY KEY NOT NULL,
	"containers" integer NOT NULL,
	"running" integer NOT NULL,
	"cpus" double precision NOT NULL,
	"memory_bytes" bigint NOT NULL,
	"volumes" integer NOT NULL,
	"images" integer NOT NULL,
	"builds" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_name" UNIQUE("name"),
	CONSTRAINT "users_role" CHECK (role in ('user', 'admin'))
);
--> statement-breakpoint
CREATE TABLE "volumes" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"host_id" text,
	"name" text NOT NULL,
	"anonymous" boolean NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"labels" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"removed_at" timestamp (3) with time zone,
	CONSTRAINT "volumes_id_user" UNIQUE("id","user_id"),
	CONSTRAINT "volumes_state" CHECK (state in ('pending', 'ready', 'removing', 'removed'))
);
--> statement-breakpoint
ALTER TABLE "blob_chunks" ADD CONSTRAINT "blob_chunks_blob_id_blobs_id_fk" FOREIGN KEY ("blob_id") REFERENCES "public"."blobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "blobs" ADD CONSTRAINT "blobs_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "build_bases" ADD CONSTRAINT "build_bases_build_id_builds_id_fk" FOREIGN KEY ("build_id") REFERENCES "public"."builds"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "build_log_chunks" ADD CONSTRAINT "build_log_chunks_build_id_builds_id_fk" FOREIGN KEY ("build_id") REFERENCES "public"."builds"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "build_steps" ADD CONSTRAINT "build_steps_build_id_builds_id_fk" FOREIGN KEY ("build_id") REFERENCES "public"."builds"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "builds" ADD CONSTRAINT "builds_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "builds" ADD CONSTRAINT "builds_host_id_hosts_id_fk" FOREIGN KEY ("host_id") REFERENCES "public"."hosts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "builds" ADD CONSTRAINT "builds_blob_id_blobs_id_fk" FOREIGN KEY ("blob_id") REFERENCES "public"."blobs"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "container_events" ADD CONSTRAINT "container_events_container_id_containers_id_fk" FOREIGN KEY ("container_id") REFERENCES "public"."containers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "containers" ADD CONSTRAINT "containers_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "containers" ADD CONSTRAINT "containers_host_id_hosts_id_fk" FOREIGN KEY ("host_id") REFERENCES "public"."hosts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "containers" ADD CONSTRAINT "containers_image_id_images_id_fk" FOREIGN KEY ("image_id") REFERENCES "public"."images"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mounts" ADD CONSTRAINT "mounts_own_container" FOREIGN KEY ("container_id","user_id") REFERENCES "public"."containers"("id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mounts" ADD CONSTRAINT "mounts_own_volume" FOREIGN KEY ("volume_id","user_id") REFERENCES "public"."volumes"("id","user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "image_tags" ADD CONSTRAINT "image_tags_own_image" FOREIGN KEY ("image_id","user_id") REFERENCES "public"."images"("id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "images" ADD CONSTRAINT "images_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "images" ADD CONSTRAINT "images_host_id_hosts_id_fk" FOREIGN KEY ("host_id") REFERENCES "public"."hosts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "layers" ADD CONSTRAINT "layers_image_id_images_id_fk" FOREIGN KEY ("image_id") REFERENCES "public"."images"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency_keys" ADD CONSTRAINT "idempotency_keys_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "quotas" ADD CONSTRAINT "quotas_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "volumes" ADD CONSTRAINT "volumes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "volumes" ADD CONSTRAINT "volumes_host_id_hosts_id_fk" FOREIGN KEY ("host_id") REFERENCES "public"."hosts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "blobs_age" ON "blobs" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "builds_user" ON "builds" USING btree ("user_id","id");--> statement-breakpoint
CREATE INDEX "builds_open" ON "builds" USING btree ("host_id","id") WHERE state in ('queued', 'running');--> statement-breakpoint
CREATE INDEX "container_events_container" ON "container_events" USING btree ("container_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "containers_name" ON "containers" USING btree ("user_id","name") WHERE state <> 'removed';--> statement-breakpoint
CREATE INDEX "containers_user" ON "containers" USING btree ("user_id","id") WHERE state <> 'removed';--> statement-breakpoint
CREATE INDEX "containers_image" ON "containers" USING btree ("image_id");--> statement-breakpoint
CREATE INDEX "containers_host" ON "containers" USING btree ("host_id") WHERE state <> 'removed';--> statement-breakpoint
CREATE INDEX "containers_unsettled" ON "containers" USING btree ("requested_at") WHERE state <> 'removed' and (start_due or desired <> state);--> statement-breakpoint
CREATE INDEX "containers_removed_at" ON "containers" USING btree ("removed_at") WHERE state = 'removed';--> statement-breakpoint
CREATE INDEX "mounts_volume" ON "mounts" USING btree ("volume_id");--> statement-breakpoint
CREATE INDEX "events_feed" ON "events" USING btree ("user_id","xid","id");--> statement-breakpoint
CREATE UNIQUE INDEX "image_tags_catalog" ON "image_tags" USING btree ("name") WHERE catalog;--> statement-breakpoint
CREATE INDEX "image_tags_image" ON "image_tags" USING btree ("image_id");--> statement-breakpoint
CREATE UNIQUE INDEX "images_user_digest" ON "images" USING btree ("user_id","host_id","digest") WHERE state = 'ready';--> statement-breakpoint
CREATE INDEX "images_host" ON "images" USING btree ("host_id");--> statement-breakpoint
CREATE UNIQUE INDEX "api_keys_name" ON "api_keys" USING btree ("user_id","name") WHERE revoked_at is null;--> statement-breakpoint
CREATE INDEX "audit_log_user" ON "audit_log" USING btree ("user_id","id");--> statement-breakpoint
CREATE INDEX "audit_log_subject" ON "audit_log" USING btree ("subject");--> statement-breakpoint
CREATE INDEX "idempotency_keys_age" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "volumes_name" ON "volumes" USING btree ("user_id","name") WHERE state <> 'removed';--> statement-breakpoint
CREATE INDEX "volumes_user" ON "volumes" USING btree ("user_id","id") WHERE state <> 'removed';--> statement-breakpoint
CREATE INDEX "volumes_host" ON "volumes" USING btree ("host_id") WHERE state <> 'removed';