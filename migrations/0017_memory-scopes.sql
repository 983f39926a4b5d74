ALTER TABLE "agents" ADD COLUMN "remembered" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "shared_memories" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "organisations" ADD COLUMN "remembered" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
UPDATE "agents" SET "remembered" = (SELECT jsonb_object_agg(m."key", jsonb_build_object('value', m."value", 'agentId', m."agent_id",
  'runId', m."run_id", 'stepNo', m."step_no", 'userId', NULL,
  'updatedAt', to_char(m."updated_at" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))) FROM "memories" m WHERE m."agent_id" = "agents"."id")
WHERE EXISTS (SELECT FROM "memories" m WHERE m."agent_id" = "agents"."id");--> statement-breakpoint
DROP TABLE "memories" CASCADE;