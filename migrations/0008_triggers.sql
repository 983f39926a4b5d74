CREATE TABLE "github_deliveries" (
	"trigger_id" text NOT NULL,
	"delivery_id" text NOT NULL,
	"event" text NOT NULL,
	"number" integer NOT NULL,
	"act" text NOT NULL,
	"agent_id" text NOT NULL,
	"request_id" text NOT NULL,
	"finished" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT engine_now() NOT NULL,
	CONSTRAINT "github_deliveries_trigger_id_delivery_id_pk" PRIMARY KEY("trigger_id","delivery_id")
);
--> statement-breakpoint
CREATE TABLE "github_threads" (
	"trigger_id" text NOT NULL,
	"number" integer NOT NULL,
	"agent_id" text NOT NULL,
	"pull_number" integer,
	"state" text NOT NULL,
	"state_at" timestamp with time zone NOT NULL,
	"repairs" integer DEFAULT 0 NOT NULL,
	"repaired_sha" text,
	"repaired_tree" text,
	"repaired_report" text,
	"created_at" timestamp with time zone DEFAULT engine_now() NOT NULL,
	CONSTRAINT "github_threads_trigger_id_number_pk" PRIMARY KEY("trigger_id","number"),
	CONSTRAINT "github_threads_one_per_agent" UNIQUE("trigger_id","agent_id"),
	CONSTRAINT "github_threads_one_per_pull" UNIQUE("trigger_id","pull_number")
);
--> statement-breakpoint
CREATE TABLE "triggers" (
	"id" text PRIMARY KEY NOT NULL,
	"organisation_id" text NOT NULL,
	"user_id" text NOT NULL,
	"repository_id" bigint NOT NULL,
	"repository" text NOT NULL,
	"hook_id" bigint,
	"issue_label" text,
	"mention" text,
	"on_review" boolean NOT NULL,
	"on_failed_check" boolean NOT NULL,
	"on_close" boolean NOT NULL,
	"permission" text NOT NULL,
	"logins" text[] NOT NULL,
	"agent" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT engine_now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT engine_now() NOT NULL,
	"reconciled_at" timestamp with time zone,
	CONSTRAINT "triggers_one_per_repository" UNIQUE("organisation_id","repository_id")
);
--> statement-breakpoint
ALTER TABLE "github_deliveries" ADD CONSTRAINT "github_deliveries_trigger_id_triggers_id_fk" FOREIGN KEY ("trigger_id") REFERENCES "public"."triggers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "github_threads" ADD CONSTRAINT "github_threads_trigger_id_triggers_id_fk" FOREIGN KEY ("trigger_id") REFERENCES "public"."triggers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "triggers" ADD CONSTRAINT "triggers_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "triggers" ADD CONSTRAINT "triggers_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "github_deliveries_old" ON "github_deliveries" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "triggers_repository" ON "triggers" USING btree ("repository_id");