CREATE TABLE "organisation_runs" (
	"organisation_id" text PRIMARY KEY NOT NULL,
	"running" integer DEFAULT 0 NOT NULL,
	"held" jsonb DEFAULT '[]'::jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "organisation_runs" ADD CONSTRAINT "organisation_runs_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE OR REPLACE FUNCTION make_organisation_runs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO "organisation_runs" ("organisation_id") VALUES (NEW."id") ON CONFLICT DO NOTHING; RETURN NULL; END $$;
--> statement-breakpoint
CREATE OR REPLACE TRIGGER organisations_have_runs AFTER INSERT ON "organisations" FOR EACH ROW EXECUTE FUNCTION make_organisation_runs();
--> statement-breakpoint
INSERT INTO "organisation_runs" ("organisation_id", "running", "held") SELECT "id", "running_runs", "held_runs" FROM "organisations" ON CONFLICT DO NOTHING;
--> statement-breakpoint
ALTER TABLE "organisations" DROP COLUMN "running_runs";--> statement-breakpoint
ALTER TABLE "organisations" DROP COLUMN "held_runs";