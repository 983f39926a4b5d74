ALTER TABLE "dag_executions" ALTER COLUMN "dag_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "agents" ADD COLUMN "delegated_by" text;--> statement-breakpoint
ALTER TABLE "agents" ADD COLUMN "depth" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "delegated_by" text;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "depth" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "children" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "child_execution_id" text;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "child_joined" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "delegated_micro_usd" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "dag_executions" ADD COLUMN "parent_run_id" text;--> statement-breakpoint
CREATE INDEX "runs_delegated" ON "runs" USING btree ("delegated_by","created_at") WHERE delegated_by is not null;--> statement-breakpoint
CREATE INDEX "dag_executions_parent" ON "dag_executions" USING btree ("parent_run_id") WHERE parent_run_id is not null;