CREATE TABLE "daily_costs" (
	"user_id" text NOT NULL,
	"day" date NOT NULL,
	"spent_micro_usd" bigint DEFAULT 0 NOT NULL,
	"reserved_micro_usd" bigint DEFAULT 0 NOT NULL,
	"granted_micro_usd" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "daily_costs_user_id_day_pk" PRIMARY KEY("user_id","day")
);
--> statement-breakpoint
CREATE TABLE "memories" (
	"agent_id" text NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	"run_id" text NOT NULL,
	"step_no" integer NOT NULL,
	"updated_at" timestamp with time zone DEFAULT engine_now() NOT NULL,
	CONSTRAINT "memories_agent_id_key_pk" PRIMARY KEY("agent_id","key")
);
--> statement-breakpoint
CREATE TABLE "workspace_revisions" (
	"workspace_id" text NOT NULL,
	"run_id" text NOT NULL,
	"step_no" integer NOT NULL,
	"path" text NOT NULL,
	"in_overlay" boolean NOT NULL,
	"content" text,
	CONSTRAINT "workspace_revisions_workspace_id_run_id_step_no_path_pk" PRIMARY KEY("workspace_id","run_id","step_no","path")
);
--> statement-breakpoint
ALTER TABLE "approvals" DROP CONSTRAINT "approvals_tool_call_id_unique";--> statement-breakpoint
ALTER TABLE "messages" ALTER COLUMN "seq" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "agents" ADD COLUMN "max_cost_micro_usd" bigint;--> statement-breakpoint
ALTER TABLE "agents" ADD COLUMN "max_duration_seconds" integer;--> statement-breakpoint
ALTER TABLE "approvals" ADD COLUMN "kind" text DEFAULT 'approval' NOT NULL;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "deliver" text DEFAULT 'now' NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "prompt_message_id" text;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "max_cost_micro_usd" bigint;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "max_duration_seconds" integer;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "memories" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "asked_seq" integer;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "after_run" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "told" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "estimated_cost_micro_usd" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "reserved_micro_usd" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "reserved_on" date;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "step_least_micro_usd" bigint;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "step_most_micro_usd" bigint;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "active_ms" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "active_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "warned" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "answered" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "outgrown" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "steps" ADD COLUMN "kind" text DEFAULT 'turn' NOT NULL;--> statement-breakpoint
ALTER TABLE "steps" ADD COLUMN "covers_step_no" integer;--> statement-breakpoint
ALTER TABLE "steps" ADD COLUMN "answered_seq" integer;--> statement-breakpoint
ALTER TABLE "steps" ADD COLUMN "base_sha" text;--> statement-breakpoint
ALTER TABLE "tool_calls" ADD COLUMN "marked" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "daily_cost_limit_micro_usd" bigint;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "parent_workspace_id" text;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "parent_run_id" text;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "parent_step_no" integer;--> statement-breakpoint
ALTER TABLE "daily_costs" ADD CONSTRAINT "daily_costs_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memories" ADD CONSTRAINT "memories_agent_id_agents_id_fk" FOREIGN KEY ("agent_id") REFERENCES "public"."agents"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workspace_revisions" ADD CONSTRAINT "workspace_revisions_workspace_id_workspaces_id_fk" FOREIGN KEY ("workspace_id") REFERENCES "public"."workspaces"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workspaces" ADD CONSTRAINT "workspaces_parent_run_id_runs_id_fk" FOREIGN KEY ("parent_run_id") REFERENCES "public"."runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "approvals_call" ON "approvals" USING btree ("tool_call_id");--> statement-breakpoint
CREATE UNIQUE INDEX "runs_one_per_message" ON "runs" USING btree ("prompt_message_id") WHERE prompt_message_id is not null;--> statement-breakpoint
CREATE INDEX "steps_compactions" ON "steps" USING btree ("run_id","step_no") WHERE kind = 'compaction' and committed_at is not null;--> statement-breakpoint
CREATE INDEX "workspaces_parent_run" ON "workspaces" USING btree ("parent_run_id");