CREATE TABLE "members" (
	"organisation_id" text NOT NULL,
	"user_id" text NOT NULL,
	"role" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT engine_now() NOT NULL,
	CONSTRAINT "members_organisation_id_user_id_pk" PRIMARY KEY("organisation_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "organisations" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"personal_of" text,
	"created_at" timestamp with time zone DEFAULT engine_now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT engine_now() NOT NULL,
	CONSTRAINT "organisations_personal_of_unique" UNIQUE("personal_of")
);
--> statement-breakpoint
CREATE TABLE "rate_limits" (
	"subject" text NOT NULL,
	"bucket" text NOT NULL,
	"window_start" timestamp with time zone NOT NULL,
	"used" integer NOT NULL,
	CONSTRAINT "rate_limits_subject_bucket_pk" PRIMARY KEY("subject","bucket")
);
--> statement-breakpoint
DROP INDEX "agents_user";--> statement-breakpoint
DROP INDEX "approvals_user";--> statement-breakpoint
DROP INDEX "runs_user";--> statement-breakpoint
ALTER TABLE "agents" ADD COLUMN "organisation_id" text;--> statement-breakpoint
ALTER TABLE "approvals" ADD COLUMN "organisation_id" text;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "organisation_id" text;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "organisations" ADD CONSTRAINT "organisations_personal_of_users_id_fk" FOREIGN KEY ("personal_of") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
-- Whoever signed in before gets a personal organisation, which owns what was theirs.
INSERT INTO "organisations" ("id", "name", "personal_of") SELECT replace("id", 'user_', 'org_'), "login", "id" FROM "users";
--> statement-breakpoint
INSERT INTO "members" ("organisation_id", "user_id", "role") SELECT "id", "personal_of", 'owner' FROM "organisations";
--> statement-breakpoint
UPDATE "agents" SET "organisation_id" = replace("user_id", 'user_', 'org_');--> statement-breakpoint
ALTER TABLE "agents" ALTER COLUMN "organisation_id" SET NOT NULL;--> statement-breakpoint
UPDATE "approvals" SET "organisation_id" = replace("user_id", 'user_', 'org_');--> statement-breakpoint
ALTER TABLE "approvals" ALTER COLUMN "organisation_id" SET NOT NULL;--> statement-breakpoint
UPDATE "runs" SET "organisation_id" = replace("user_id", 'user_', 'org_');--> statement-breakpoint
ALTER TABLE "runs" ALTER COLUMN "organisation_id" SET NOT NULL;--> statement-breakpoint
CREATE INDEX "members_user" ON "members" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "rate_limits_old" ON "rate_limits" USING btree ("window_start");--> statement-breakpoint
ALTER TABLE "agents" ADD CONSTRAINT "agents_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "agents_organisation" ON "agents" USING btree ("organisation_id","created_at","id");--> statement-breakpoint
CREATE INDEX "approvals_organisation" ON "approvals" USING btree ("organisation_id","created_at","id");--> statement-breakpoint
CREATE INDEX "runs_organisation" ON "runs" USING btree ("organisation_id","created_at","id");--> statement-breakpoint
ALTER TABLE "approvals" DROP COLUMN "user_id";