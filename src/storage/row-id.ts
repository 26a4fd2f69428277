const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Whether a text from outside can be the id of a row. Everything else is as good as unknown and is not asked for:
 * PostgreSQL refuses some texts (NUL) outright, which is not the same as finding nothing.
 */
export const isRowId = (text: string): boolean => uuid.test(text);
