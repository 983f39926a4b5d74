CREATE TABLE "idempotency_keys" (
	"scope" text NOT NULL,
	"key" text NOT NULL,
	"fingerprint" text NOT NULL,
	"seed" text NOT NULL,
	"attempt" integer DEFAULT 1 NOT NULL,
	"operation_id" text NOT NULL,
	"locked_until" timestamp with time zone NOT NULL,
	"sealed_answer" text,
	"created_at" timestamp with time zone DEFAULT engine_now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_scope_key_pk" PRIMARY KEY("scope","key")
);
--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "trace_id" text;--> statement-breakpoint
CREATE INDEX "idempotency_keys_expired" ON "idempotency_keys" USING btree ("expires_at");