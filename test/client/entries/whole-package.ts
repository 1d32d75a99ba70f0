export * from '@waybill/client';
