ALTER TABLE "agents" ADD COLUMN "push_to" jsonb;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "push_to" jsonb;