export { CLOSE_CODES, mayReconnect } from '@waybill/client';
