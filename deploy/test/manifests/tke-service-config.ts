/** Tencent Cloud's resource, as far as it is used here; no package has its schema. */
export interface ITkeServiceConfig {
  apiVersion: "cloud.tencent.com/v1alpha1";
  kind: "TkeServiceConfig";
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  spec: {
    loadBalancer: {
      l7Listeners: {
        protocol: "HTTP" | "HTTPS";
        port: number;
        domains: { domain: string; rules: Rule[] }[];
      }[];
    };
  };
}

interface Rule {
  url: string;
  forwardType: "HTTP" | "HTTPS" | "GRPC";
  scheduler: "WRR" | "LEAST_CONN" | "IP_HASH";
  session: { enable: boolean; sessionExpireTime?: number };
  healthCheck: {
    enable: boolean;
    intervalTime: number;
    healthNum: number;
    unHealthNum: number;
    httpCheckPath: string;
    httpCheckMethod: "GET" | "HEAD";
    httpCode: number;
  };
}
