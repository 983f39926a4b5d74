CREATE TABLE "goals" (
	"id" text PRIMARY KEY NOT NULL,
	"organisation_id" text NOT NULL,
	"user_id" text NOT NULL,
	"agent_id" text NOT NULL,
	"name" text NOT NULL,
	"prompt" text NOT NULL,
	"parameters" jsonb NOT NULL,
	"max_steps" integer,
	"max_cost_micro_usd" bigint,
	"max_duration_seconds" integer,
	"status" text NOT NULL,
	"schedule_count" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT engine_now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT engine_now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "schedule_slots" (
	"schedule_id" text NOT NULL,
	"slot_at" timestamp with time zone NOT NULL,
	"outcome" text NOT NULL,
	"is_late" boolean NOT NULL,
	"reason" text,
	"busy_run_id" text,
	"count" integer DEFAULT 1 NOT NULL,
	"fired_at" timestamp with time zone NOT NULL,
	CONSTRAINT "schedule_slots_schedule_id_slot_at_pk" PRIMARY KEY("schedule_id","slot_at")
);
--> statement-breakpoint
CREATE TABLE "schedules" (
	"id" text PRIMARY KEY NOT NULL,
	"goal_id" text NOT NULL,
	"cron" text NOT NULL,
	"time_zone" text NOT NULL,
	"parameters" jsonb NOT NULL,
	"overlap" text NOT NULL,
	"jitter_seconds" integer NOT NULL,
	"pause_after_failures" integer,
	"status" text NOT NULL,
	"paused_reason" text,
	"failures_since" timestamp with time zone DEFAULT engine_now() NOT NULL,
	"next_slot_at" timestamp with time zone,
	"next_fire_at" timestamp with time zone,
	"version" integer DEFAULT 1 NOT NULL,
	"synced_version" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT engine_now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT engine_now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "goal_id" text;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "schedule_id" text;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "slot_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "goals" ADD CONSTRAINT "goals_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "goals" ADD CONSTRAINT "goals_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedule_slots" ADD CONSTRAINT "schedule_slots_schedule_id_schedules_id_fk" FOREIGN KEY ("schedule_id") REFERENCES "public"."schedules"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "schedules" ADD CONSTRAINT "schedules_goal_id_goals_id_fk" FOREIGN KEY ("goal_id") REFERENCES "public"."goals"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "goals_organisation" ON "goals" USING btree ("organisation_id","created_at","id");--> statement-breakpoint
CREATE INDEX "schedule_slots_old" ON "schedule_slots" USING btree ("fired_at");--> statement-breakpoint
CREATE INDEX "schedules_goal" ON "schedules" USING btree ("goal_id","created_at","id");--> statement-breakpoint
CREATE INDEX "schedules_due" ON "schedules" USING btree ("next_fire_at") WHERE next_fire_at is not null;--> statement-breakpoint
CREATE INDEX "schedules_unsynced" ON "schedules" USING btree ("updated_at") WHERE synced_version < version;--> statement-breakpoint
CREATE INDEX "runs_goal" ON "runs" USING btree ("goal_id","created_at","id") WHERE goal_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "runs_one_per_slot" ON "runs" USING btree ("schedule_id","slot_at") WHERE schedule_id is not null;