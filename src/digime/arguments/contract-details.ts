/** The contract that a call is made under. */
export interface ContractDetails {
  contractId: string;
  /** RSA private key as PEM, PKCS#1 (as issued) or PKCS#8, at least 2048 bits. */
  privateKey: string;
}
