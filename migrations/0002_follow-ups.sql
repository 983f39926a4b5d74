ALTER TABLE "messages" ADD COLUMN "taken_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "withdrawn_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "retry_of" text;--> statement-breakpoint
CREATE INDEX "messages_of_agent" ON "messages" USING btree ("agent_id","created_at","id");--> statement-breakpoint
-- What runs had heard before there was a word for it.
UPDATE "messages" SET "taken_at" = "messages"."created_at" FROM "runs"
WHERE "runs"."id" = "messages"."run_id" AND "messages"."seq" <= "runs"."delivered_seq" AND "messages"."taken_at" IS NULL;
