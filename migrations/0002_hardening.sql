DROP TABLE "container_events" CASCADE;--> statement-breakpoint
ALTER TABLE "builds" ADD COLUMN "excused" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "containers" ADD COLUMN "out_of_memory_at" timestamp (3) with time zone;