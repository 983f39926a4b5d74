import { z } from 'zod';
import type { ModelTool } from '../models/port.ts';
import { addLabel } from './add-label.ts';
import { askUser } from './ask-user.ts';
import { checkProject } from './check-project.ts';
import { comment } from './comment.ts';
import { commit } from './commit.ts';
import { createBranch } from './create-branch.ts';
import { delegate } from './delegate.ts';
import { deleteFile } from './delete-file.ts';
import { editFile } from './edit-file.ts';
import { forget } from './forget.ts';
import { httpRequest } from './http-request.ts';
import { listFiles } from './list-files.ts';
import { openPullRequest } from './open-pull-request.ts';
import { readFile } from './read-file.ts';
import { recall } from './recall.ts';
import { remember } from './remember.ts';
import { saveOutput } from './save-output.ts';
import { searchCode } from './search-code.ts';
import type { Tool } from './tool.ts';
import { updatePlan } from './update-plan.ts';
import { writeFile } from './write-file.ts';

/** Every tool there is, by name. */
const TOOLS: ReadonlyMap<string, Tool> = new Map(
  [
    listFiles,
    readFile,
    searchCode,
    writeFile,
    editFile,
    deleteFile,
    updatePlan,
    checkProject,
    remember,
    recall,
    forget,
    saveOutput,
    askUser,
    commit,
    openPullRequest,
    createBranch,
    addLabel,
    comment,
    httpRequest,
    delegate,
  ].map((tool: Tool) => [tool.name, tool]),
);

export const toolNames: readonly string[] = [...TOOLS.keys()];

export function getTool(name: string): Tool | undefined {
  return TOOLS.get(name);
}

const described = new Map<string, ModelTool>();

/** Tools as a model sees them, in the given order. Names that are not tools (any more) are left out. */
export function describeTools(names: readonly string[]): ModelTool[] {
  return names.flatMap((name) => {
    const tool = TOOLS.get(name);
    return tool ? [describeTool(tool)] : [];
  });
}

/** A tool as a model sees it. Schemas of ours are written out when first asked for: doing it at start-up would be paid by every cold isolate. */
export function describeTool(tool: Tool): ModelTool {
  const { name, description, inputSchema: given } = tool;
  if (given) return { name, description, inputSchema: { ...given } };
  const known = described.get(name);
  if (known) return known;
  const { $schema: _, ...inputSchema } = z.toJSONSchema(tool.input, { io: 'input' });
  const fresh = { name, description, inputSchema };
  described.set(name, fresh);
  return fresh;
}
