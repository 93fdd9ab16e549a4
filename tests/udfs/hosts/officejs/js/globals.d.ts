// What the scripts of the add-in give each other.
type SopCommand = { name: string; group: string; label: string; says: string; large: boolean; needsBook: boolean };
type SopCell = number | string | boolean | null | { error: string; says?: string };
type SopSent = { sheet: string; header: string[]; rows: SopCell[][]; row: number };
declare var SOP_XL: {
  prefix: string;
  functions: { id: string; repeating: boolean; parameters: number }[];
  commands: SopCommand[];
  tables: string[];
  steps: string;
  stepColumns: string[];
};
declare var SOP_XL_BASE: string | undefined;
declare var sopTables: {
  places(context: Excel.RequestContext, names: string[]): Promise<unknown[]>;
  read(context: Excel.RequestContext, names: string[]): Promise<Record<string, SopSent>>;
  write(context: Excel.RequestContext, laid: Record<string, any>, before: Record<string, SopSent>): Promise<void>;
};
declare var sopXl: {
  ready: Promise<void>;
  events: EventTarget;
  run(name: string): Promise<string>;
  cancel(): void;
  explain(): Promise<{ address: string; sentences: string[] }>;
  steps(): Promise<string[][]>;
  isPlanningBook(): Promise<boolean>;
  signIn(token: string): void;
  hello(): Promise<{ version: string }>;
};
