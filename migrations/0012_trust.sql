ALTER TABLE "runs" ADD COLUMN "read_private" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "read_untrusted" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tool_calls" ADD COLUMN "asked_because" text;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "is_private" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "read_private" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "read_untrusted" boolean DEFAULT false NOT NULL;--> statement-breakpoint
UPDATE "workspaces" w SET "read_private" = w."repository" IS NOT NULL AND EXISTS (SELECT FROM "runs" r JOIN "tool_calls" c ON c."run_id" = r."id"
	WHERE r."workspace_id" = w."id" AND c."name" IN ('list_files', 'read_file', 'search_code')),
	"read_untrusted" = EXISTS (SELECT FROM "runs" r JOIN "tool_calls" c ON c."run_id" = r."id" WHERE r."workspace_id" = w."id" AND c."name" = 'http_request')
		OR EXISTS (SELECT FROM "agents" a JOIN "github_threads" t ON t."agent_id" = a."id" WHERE a."workspace_id" = w."id");
