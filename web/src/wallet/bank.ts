import { useChainQuery } from "../chain/hooks";
import { Query } from "../gen/cosmos/bank/v1beta1/query_pb";
import { DENOM } from "../money/udbc";

/**
 * useBalance returns an account's balance in udbc, or undefined until it is
 * known.
 */
export function useBalance(address: string | undefined): bigint | undefined {
  const { data } = useChainQuery(
    Query.method.balance,
    { address: address ?? "", denom: DENOM },
    { enabled: address !== undefined, refetchInterval: 6_000 },
  );
  return data && BigInt(data.balance?.amount ?? "0");
}
