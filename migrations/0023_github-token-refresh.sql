ALTER TABLE "users" ADD COLUMN "sealed_github_refresh_token" text;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "github_token_expires_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "github_token_no" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "github_refresh_until" timestamp with time zone;