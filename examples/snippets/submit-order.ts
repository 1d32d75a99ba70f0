import { type WaybillClient, WaybillError } from '@waybill/client';

/** Answers what to tell the customer. */
export async function submitOrder(client: WaybillClient, item: unknown): Promise<string> {
  try {
    const { number } = await client.request<{ readonly number: number }>('order.submit', { item });
    return `Your order has number ${number}`;
  } catch (error) {
    if (error instanceof WaybillError && error.code === 'BAD_REQUEST') return `Please correct ${error.field}`;
    throw error;
  }
}
