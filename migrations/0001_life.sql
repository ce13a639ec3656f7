CREATE TABLE "port_links" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"container_id" text NOT NULL,
	"port" integer NOT NULL,
	"hash" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "port_links_hash" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "networks" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" text NOT NULL,
	"host_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"used_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "registry_credentials" (
	"user_id" text NOT NULL,
	"registry" text NOT NULL,
	"username" text NOT NULL,
	"sealed_password" "bytea" NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "registry_credentials_user_id_registry_pk" PRIMARY KEY("user_id","registry")
);
--> statement-breakpoint
CREATE TABLE "retention" (
	"user_id" text PRIMARY KEY NOT NULL,
	"stopped_containers_days" integer,
	"ended_builds_days" integer
);
--> statement-breakpoint
ALTER TABLE "build_bases" DROP CONSTRAINT "build_bases_source";--> statement-breakpoint
ALTER TABLE "builds" DROP CONSTRAINT "builds_kind";--> statement-breakpoint
ALTER TABLE "containers" DROP CONSTRAINT "containers_desired";--> statement-breakpoint
ALTER TABLE "volumes" DROP CONSTRAINT "volumes_state";--> statement-breakpoint
ALTER TABLE "build_bases" ALTER COLUMN "image_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "builds" ALTER COLUMN "context_digest" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "builds" ALTER COLUMN "context_bytes" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "builds" ADD COLUMN "source" jsonb;--> statement-breakpoint
ALTER TABLE "containers" ADD COLUMN "pending_limits" jsonb;--> statement-breakpoint
ALTER TABLE "containers" ADD COLUMN "limits_refused" text;--> statement-breakpoint
ALTER TABLE "containers" ADD COLUMN "network_id" text;--> statement-breakpoint
ALTER TABLE "containers" ADD COLUMN "ports" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "containers" ADD COLUMN "restart_policy" text DEFAULT 'no' NOT NULL;--> statement-breakpoint
ALTER TABLE "containers" ADD COLUMN "restart_maximum" integer;--> statement-breakpoint
ALTER TABLE "containers" ADD COLUMN "restart_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "containers" ADD COLUMN "restart_delay_ms" integer;--> statement-breakpoint
ALTER TABLE "containers" ADD COLUMN "restart_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "containers" ADD COLUMN "auto_remove" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "containers" ADD COLUMN "ttl_seconds" integer;--> statement-breakpoint
ALTER TABLE "containers" ADD COLUMN "expires_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "containers" ADD COLUMN "idle_timeout_seconds" integer;--> statement-breakpoint
ALTER TABLE "containers" ADD COLUMN "active_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "containers" ADD COLUMN "health" jsonb;--> statement-breakpoint
ALTER TABLE "hosts" ADD COLUMN "boot_id" text;--> statement-breakpoint
ALTER TABLE "images" ADD COLUMN "layer_bytes" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "images" ADD COLUMN "manifest_digest" text;--> statement-breakpoint
ALTER TABLE "volumes" ADD COLUMN "host_path" text;--> statement-breakpoint
ALTER TABLE "volumes" ADD COLUMN "source_id" text;--> statement-breakpoint
ALTER TABLE "port_links" ADD CONSTRAINT "port_links_own_container" FOREIGN KEY ("container_id","user_id") REFERENCES "public"."containers"("id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "networks" ADD CONSTRAINT "networks_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "networks" ADD CONSTRAINT "networks_host_id_hosts_id_fk" FOREIGN KEY ("host_id") REFERENCES "public"."hosts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "registry_credentials" ADD CONSTRAINT "registry_credentials_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "retention" ADD CONSTRAINT "retention_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "port_links_container" ON "port_links" USING btree ("container_id");--> statement-breakpoint
CREATE INDEX "port_links_expiry" ON "port_links" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "networks_user_host" ON "networks" USING btree ("user_id","host_id");--> statement-breakpoint
ALTER TABLE "containers" ADD CONSTRAINT "containers_network_id_networks_id_fk" FOREIGN KEY ("network_id") REFERENCES "public"."networks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "containers_restart" ON "containers" USING btree ("host_id","restart_at") WHERE state = 'restarting';--> statement-breakpoint
CREATE INDEX "containers_expiry" ON "containers" USING btree ("host_id","expires_at") WHERE expires_at is not null;--> statement-breakpoint
CREATE INDEX "containers_idle" ON "containers" USING btree ("host_id") WHERE idle_timeout_seconds is not null and state = 'running';--> statement-breakpoint
CREATE INDEX "containers_network" ON "containers" USING btree ("network_id");--> statement-breakpoint
ALTER TABLE "build_bases" ADD CONSTRAINT "build_bases_image" CHECK ((image_id is null) = (source = 'registry'));--> statement-breakpoint
ALTER TABLE "build_bases" ADD CONSTRAINT "build_bases_source" CHECK (source in ('own', 'catalog', 'registry'));--> statement-breakpoint
ALTER TABLE "builds" ADD CONSTRAINT "builds_kind" CHECK (kind in ('dockerfile', 'rootfs', 'archive', 'commit', 'pull', 'push'));--> statement-breakpoint
ALTER TABLE "containers" ADD CONSTRAINT "containers_restart_policy" CHECK (restart_policy in ('no', 'on-failure', 'always', 'unless-stopped'));--> statement-breakpoint
ALTER TABLE "containers" ADD CONSTRAINT "containers_restarting" CHECK (state <> 'restarting' or restart_at is not null);--> statement-breakpoint
ALTER TABLE "containers" ADD CONSTRAINT "containers_desired" CHECK (desired in ('created', 'running', 'paused', 'exited', 'removed'));--> statement-breakpoint
ALTER TABLE "volumes" ADD CONSTRAINT "volumes_copying" CHECK (state <> 'copying' or (source_id is not null and host_id is not null));--> statement-breakpoint
ALTER TABLE "volumes" ADD CONSTRAINT "volumes_state" CHECK (state in ('pending', 'copying', 'ready', 'removing', 'removed'));