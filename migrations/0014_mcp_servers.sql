CREATE TABLE "mcp_servers" (
	"id" text PRIMARY KEY NOT NULL,
	"organisation_id" text NOT NULL,
	"name" text NOT NULL,
	"url" text NOT NULL,
	"headers" text,
	"header_names" text[] NOT NULL,
	"trusts_hints" boolean DEFAULT false NOT NULL,
	"tools" jsonb NOT NULL,
	"tools_left_out" integer NOT NULL,
	"fetched_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT engine_now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT engine_now() NOT NULL,
	CONSTRAINT "mcp_servers_name" UNIQUE("organisation_id","name")
);
--> statement-breakpoint
ALTER TABLE "agents" ADD COLUMN "mcp_servers" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "mcp_servers" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "mcp_servers" ADD CONSTRAINT "mcp_servers_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "mcp_servers_organisation" ON "mcp_servers" USING btree ("organisation_id","created_at","id");