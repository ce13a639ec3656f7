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
ALTER TABLE "build_bases" DROP CONSTRAINT "build_bases_source";--> statement-breakpoint
ALTER TABLE "containers" DROP CONSTRAINT "containers_cause";--> statement-breakpoint
ALTER TABLE "mounts" DROP CONSTRAINT "mounts_own_volume";
--> statement-breakpoint
ALTER TABLE "mounts" ADD COLUMN "volume_owner_id" text;--> statement-breakpoint
ALTER TABLE "mounts" ADD COLUMN "grant_id" text;--> statement-breakpoint
UPDATE "mounts" SET "volume_owner_id" = "user_id" WHERE "volume_id" IS NOT NULL;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_grantee_id_users_id_fk" FOREIGN KEY ("grantee_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_own_image" FOREIGN KEY ("image_id","owner_id") REFERENCES "public"."images"("id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_own_volume" FOREIGN KEY ("volume_id","owner_id") REFERENCES "public"."volumes"("id","user_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "grants_image" ON "grants" USING btree ("grantee_id","image_id") WHERE revoked_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "grants_volume" ON "grants" USING btree ("grantee_id","volume_id") WHERE revoked_at is null;--> statement-breakpoint
CREATE INDEX "grants_owner" ON "grants" USING btree ("owner_id","id");--> statement-breakpoint
ALTER TABLE "mounts" ADD CONSTRAINT "mounts_volume_of_owner" FOREIGN KEY ("volume_id","volume_owner_id") REFERENCES "public"."volumes"("id","user_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mounts" ADD CONSTRAINT "mounts_by_grant" FOREIGN KEY ("grant_id","volume_id","user_id") REFERENCES "public"."grants"("id","volume_id","grantee_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "mounts_grant" ON "mounts" USING btree ("grant_id");--> statement-breakpoint
ALTER TABLE "build_bases" ADD CONSTRAINT "build_bases_source" CHECK (source in ('own', 'granted', 'catalog', 'registry'));--> statement-breakpoint
ALTER TABLE "containers" ADD CONSTRAINT "containers_cause" CHECK (termination is null or termination->>'cause' in ('completed', 'error', 'signal', 'oom', 'timeout', 'idle', 'ttl', 'stopped', 'quota', 'disk_full', 'grant_revoked', 'host_lost', 'image_missing', 'operator'));--> statement-breakpoint
ALTER TABLE "mounts" ADD CONSTRAINT "mounts_owner" CHECK ((volume_id is null) = (volume_owner_id is null));--> statement-breakpoint
ALTER TABLE "mounts" ADD CONSTRAINT "mounts_granted" CHECK (volume_owner_id is null or (volume_owner_id = user_id) = (grant_id is null));