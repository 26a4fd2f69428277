export declare const pagesWithTables: readonly string[];
export declare function makeTables(sources: {
  routes: readonly object[];
  errorStatus: Readonly<Record<string, number>>;
  words: object;
  envExample: string;
  ruleBook: object;
  ruleWords: object;
}): Record<string, string>;
export declare function fillTables(page: string, tables: Record<string, string>): string;
