{{/*
Every object's name is tidegate, whatever the release is called: the alerts, the dashboard and the job of the
PodMonitor go by it. So a namespace has one release.

The objects are those of the kustomizations in k8s/, which stand in files/base; the templates change what the values
say. `tidegate.base` gives the nth document of such a file as YAML.
*/}}
{{- define "tidegate.base" -}}
{{- $text := .root.Files.Get (printf "files/base/%s" .file) -}}
{{- if not $text }}{{ fail (printf "files/base/%s is missing from the chart" .file) }}{{ end -}}
{{- index (regexSplit "(?m)^---$" $text -1) (.at | default 0) -}}
{{- end -}}

{{/* An object as it is applied: with its namespace, and the chart's labels. */}}
{{- define "tidegate.object" -}}
{{- $own := dict
      "app.kubernetes.io/part-of" "tidegate"
      "app.kubernetes.io/instance" .root.Release.Name
      "app.kubernetes.io/managed-by" .root.Release.Service
      "app.kubernetes.io/version" .root.Chart.AppVersion
      "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version) -}}
{{- $_ := set .object.metadata "namespace" .root.Release.Namespace -}}
{{- $_ := set .object.metadata "labels" (merge (.object.metadata.labels | default dict) $own) }}
---
{{ toYaml .object }}
{{- end -}}

{{- define "tidegate.secret" -}}
{{- if .Values.production }}{{ .Values.secret.name }}{{ else }}tidegate-development{{ end -}}
{{- end -}}

{{- define "tidegate.drainWindow" -}}
{{- if kindIs "invalid" .Values.drainWindow }}{{ ternary 90 10 .Values.production }}{{ else }}{{ int .Values.drainWindow }}{{ end -}}
{{- end -}}

{{- define "tidegate.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default "dev" }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* What the gateway finds in its environment, as YAML. */}}
{{- define "tidegate.settings" -}}
{{- $files := .Files.Get "files/base/settings.yaml" | fromYaml -}}
{{- $settings := $files.base -}}
{{- if not .Values.production }}{{ $settings = merge $files.development $settings }}{{ end -}}
{{- if eq .Values.entry.kind "tke" }}{{ $settings = merge $files.tke $settings }}{{ end -}}
{{- $_ := set $settings "TIDEGATE_DRAIN_WINDOW" (printf "%ss" (include "tidegate.drainWindow" .)) -}}
{{- if .Values.wechat.enabled }}{{ $settings = merge $files.wechat $settings }}{{ end -}}
{{- range $setting, $key := .Values.secret.files }}
{{- $_ := set $settings $setting (printf "/run/secrets/tidegate/%s" $key) -}}
{{- end -}}
{{- range $setting, $value := .Values.settings }}{{ $_ := set $settings $setting (toString $value) }}{{ end -}}
{{- toYaml $settings -}}
{{- end -}}

{{- define "tidegate.channels" -}}
{{- if .Values.channels }}{{ toYaml (dict "channels" .Values.channels) }}{{ else }}{{ .Files.Get "files/base/channels.yaml" }}{{ end -}}
{{- end -}}
