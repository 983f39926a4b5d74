CREATE TABLE "dag_edges" (
	"execution_id" text NOT NULL,
	"from_node" text NOT NULL,
	"to_node" text NOT NULL,
	CONSTRAINT "dag_edges_execution_id_from_node_to_node_pk" PRIMARY KEY("execution_id","from_node","to_node")
);
--> statement-breakpoint
CREATE TABLE "dag_events" (
	"execution_id" text NOT NULL,
	"seq" integer NOT NULL,
	"node_id" text,
	"run_id" text,
	"run_seq" integer,
	"type" text NOT NULL,
	"data" jsonb,
	"speech" text,
	"created_at" timestamp with time zone DEFAULT engine_now() NOT NULL,
	CONSTRAINT "dag_events_execution_id_seq_pk" PRIMARY KEY("execution_id","seq")
);
--> statement-breakpoint
CREATE TABLE "dag_executions" (
	"id" text PRIMARY KEY NOT NULL,
	"dag_id" text NOT NULL,
	"organisation_id" text NOT NULL,
	"user_id" text NOT NULL,
	"trace_id" text,
	"name" text NOT NULL,
	"params" jsonb NOT NULL,
	"templates" jsonb NOT NULL,
	"engine_version" integer NOT NULL,
	"status" text NOT NULL,
	"parallelism" integer NOT NULL,
	"free_slots" integer NOT NULL,
	"open_nodes" integer NOT NULL,
	"ready_nodes" integer NOT NULL,
	"running_nodes" integer DEFAULT 0 NOT NULL,
	"waiting_nodes" integer DEFAULT 0 NOT NULL,
	"paused_nodes" integer DEFAULT 0 NOT NULL,
	"failed_nodes" integer DEFAULT 0 NOT NULL,
	"cancel_requested" boolean DEFAULT false NOT NULL,
	"pause_requested" boolean DEFAULT false NOT NULL,
	"stopping" boolean DEFAULT false NOT NULL,
	"resumes" integer DEFAULT 0 NOT NULL,
	"operation_id" text,
	"event_seq" integer NOT NULL,
	"sweep_after" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT engine_now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "dag_nodes" (
	"execution_id" text NOT NULL,
	"node_id" text NOT NULL,
	"ordinal" integer NOT NULL,
	"definition" jsonb NOT NULL,
	"fail_fast" boolean NOT NULL,
	"status" text NOT NULL,
	"waiting_for" text,
	"remaining" integer NOT NULL,
	"blocked" integer DEFAULT 0 NOT NULL,
	"succeeded" integer DEFAULT 0 NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"retries_left" integer NOT NULL,
	"run_id" text,
	"run_seq" integer DEFAULT 0 NOT NULL,
	"deadline_at" timestamp with time zone,
	"timed_out" boolean DEFAULT false NOT NULL,
	"output_text" text,
	"output_value" jsonb,
	"error" jsonb,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	CONSTRAINT "dag_nodes_execution_id_node_id_pk" PRIMARY KEY("execution_id","node_id")
);
--> statement-breakpoint
CREATE TABLE "dags" (
	"id" text PRIMARY KEY NOT NULL,
	"organisation_id" text NOT NULL,
	"user_id" text NOT NULL,
	"definition" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT engine_now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT engine_now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "agents" ADD COLUMN "dag_execution_id" text;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "dag_execution_id" text;--> statement-breakpoint
ALTER TABLE "dag_edges" ADD CONSTRAINT "dag_edges_execution_id_dag_executions_id_fk" FOREIGN KEY ("execution_id") REFERENCES "public"."dag_executions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dag_events" ADD CONSTRAINT "dag_events_execution_id_dag_executions_id_fk" FOREIGN KEY ("execution_id") REFERENCES "public"."dag_executions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dag_executions" ADD CONSTRAINT "dag_executions_dag_id_dags_id_fk" FOREIGN KEY ("dag_id") REFERENCES "public"."dags"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dag_executions" ADD CONSTRAINT "dag_executions_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dag_executions" ADD CONSTRAINT "dag_executions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dag_nodes" ADD CONSTRAINT "dag_nodes_execution_id_dag_executions_id_fk" FOREIGN KEY ("execution_id") REFERENCES "public"."dag_executions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dags" ADD CONSTRAINT "dags_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "dags" ADD CONSTRAINT "dags_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "dag_edges_to" ON "dag_edges" USING btree ("execution_id","to_node");--> statement-breakpoint
CREATE INDEX "dag_events_attempts" ON "dag_events" USING btree ("execution_id","node_id") WHERE type = 'node.started';--> statement-breakpoint
CREATE INDEX "dag_executions_organisation" ON "dag_executions" USING btree ("organisation_id","created_at","id");--> statement-breakpoint
CREATE INDEX "dag_executions_dag" ON "dag_executions" USING btree ("dag_id");--> statement-breakpoint
CREATE INDEX "dag_executions_due" ON "dag_executions" USING btree ("sweep_after") WHERE sweep_after is not null;--> statement-breakpoint
CREATE INDEX "dag_nodes_run" ON "dag_nodes" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "dag_nodes_active" ON "dag_nodes" USING btree ("execution_id","run_id") WHERE status in ('running', 'waiting');--> statement-breakpoint
CREATE INDEX "dag_nodes_ready" ON "dag_nodes" USING btree ("execution_id","ordinal") WHERE status = 'queued';--> statement-breakpoint
CREATE INDEX "dag_nodes_deadline" ON "dag_nodes" USING btree ("deadline_at") WHERE status in ('running', 'waiting');--> statement-breakpoint
CREATE INDEX "dags_organisation" ON "dags" USING btree ("organisation_id","created_at","id");--> statement-breakpoint
CREATE INDEX "agents_dag_execution" ON "agents" USING btree ("dag_execution_id") WHERE dag_execution_id is not null;--> statement-breakpoint
CREATE INDEX "runs_dag_execution" ON "runs" USING btree ("dag_execution_id","created_at") WHERE dag_execution_id is not null;