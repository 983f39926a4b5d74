ALTER TABLE "agents" ADD COLUMN "planning" jsonb;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "planning" jsonb;