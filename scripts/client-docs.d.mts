export function clientDocs(): string;
