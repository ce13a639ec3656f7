ALTER TABLE "build_bases" DROP CONSTRAINT "build_bases_source";--> statement-breakpoint
ALTER TABLE "build_bases" ALTER COLUMN "image_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "build_bases" ADD CONSTRAINT "build_bases_image" CHECK ((image_id is null) = (source = 'registry'));--> statement-breakpoint
ALTER TABLE "build_bases" ADD CONSTRAINT "build_bases_source" CHECK (source in ('own', 'catalog', 'registry'));