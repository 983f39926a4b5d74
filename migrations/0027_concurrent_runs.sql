ALTER TABLE "organisation_runs" ADD COLUMN "concurrent_runs" integer;--> statement-breakpoint
UPDATE "organisation_runs" r SET "concurrent_runs" = o."concurrent_runs" FROM "organisations" o WHERE o."id" = r."organisation_id";--> statement-breakpoint
ALTER TABLE "organisations" DROP COLUMN "concurrent_runs";