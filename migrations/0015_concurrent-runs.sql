ALTER TABLE "runs" ADD COLUMN "holds_slot" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "held_back" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "concurrent_runs" integer;--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "running_runs" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "held_runs" jsonb DEFAULT '[]'::jsonb NOT NULL;