{{- define "switchboard.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "switchboard.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "switchboard.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "switchboard.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "switchboard.selector" -}}
app.kubernetes.io/name: {{ include "switchboard.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "switchboard.labels" -}}
{{ include "switchboard.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "switchboard.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "switchboard.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Routers that take part in an election have an account of their own: nodes need none. */}}
{{- define "switchboard.routerServiceAccount" -}}
{{- if and .Values.router.lease.enabled .Values.serviceAccount.create -}}
{{- include "switchboard.serviceAccount" . }}-router
{{- else -}}
{{- include "switchboard.serviceAccount" . -}}
{{- end -}}
{{- end -}}

{{/* (list root repository): the image's name. */}}
{{- define "switchboard.image" -}}
{{- $root := index . 0 -}}
{{- $tag := default $root.Chart.AppVersion $root.Values.image.tag -}}
{{- if $root.Values.image.registry -}}{{ trimSuffix "/" $root.Values.image.registry }}/{{- end -}}
{{ index . 1 }}:{{ $tag }}
{{- end -}}

{{/* Nodes that are there from the beginning. */}}
{{- define "switchboard.firstNodes" -}}
{{- if .Values.autoscaling.enabled -}}{{ .Values.autoscaling.minReplicas }}{{- else -}}{{ .Values.node.replicas }}{{- end -}}
{{- end -}}

{{/* Path of the model inside the containers; empty for the one in the image. */}}
{{- define "switchboard.modelPath" -}}
{{- if ne .Values.model.source "image" -}}
/models/{{ required "model.path: the folder or GGUF file inside the volume" .Values.model.path }}
{{- end -}}
{{- end -}}

{{/* The section grid of both settings files. (dict "root" . "pinned" bool "stateKey" bool "lease" bool) */}}
{{- define "switchboard.grid" -}}
{{- $root := .root -}}
{{- $grid := dict
  "port" 7071
  "join" (list (printf "%s-peers.%s.svc:7071" (include "switchboard.fullname" $root) $root.Release.Namespace))
  "discovery" "dns"
  "clusterName" (default (include "switchboard.fullname" $root) $root.Values.clusterName)
  "sameHost" "tcp"
  "packCache" (ternary "/var/cache/switchboard" "off" $root.Values.packCache.enabled) -}}
{{- if .lease }}{{- $_ := set $grid "lease" (include "switchboard.fullname" $root) }}{{- end }}
{{- if .pinned }}{{- $_ := set $grid "processors" "from:0" }}{{- end -}}
{{- if .stateKey }}{{- $_ := set $grid "stateKey" "file:/etc/switchboard-state/key" }}{{- end -}}
{{- toYaml (merge $grid $root.Values.grid.settings) -}}
{{- end -}}

{{- define "switchboard.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "switchboard.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Live never depends on peers: it asks whether the process answers at all. Ready says whether it can serve. */}}
{{- define "switchboard.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: {{ mul .Values.probes.startupMinutes 30 }}
readinessProbe:
  httpGet: {path: /readyz, port: metrics}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 2
livenessProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end -}}

{{/* (list root "router"|"node") */}}
{{- define "switchboard.spread" -}}
{{- $root := index . 0 -}}
{{- if $root.Values.topologySpread.enabled }}
topologySpreadConstraints:
  {{- range $key, $when := dict "kubernetes.io/hostname" $root.Values.topologySpread.hosts "topology.kubernetes.io/zone" $root.Values.topologySpread.zones }}
  - topologyKey: {{ $key }}
    maxSkew: 1
    whenUnsatisfiable: {{ $when }}
    labelSelector:
      matchLabels:
        {{- include "switchboard.selector" $root | nindent 8 }}
        app.kubernetes.io/component: {{ index $ 1 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* (list root values "router"|"node"): what both kinds of pod share, from scheduling to the service account. */}}
{{- define "switchboard.podCommon" -}}
{{- $root := index . 0 -}}{{- $own := index . 1 -}}
{{- $elects := and (eq (index . 2) "router") $root.Values.router.lease.enabled -}}
serviceAccountName: {{ include (ternary "switchboard.routerServiceAccount" "switchboard.serviceAccount" (eq (index . 2) "router")) $root }}
automountServiceAccountToken: {{ $elects }}
# Variables of Services would look like settings of the processes.
enableServiceLinks: false
terminationGracePeriodSeconds: {{ add $own.preStopSeconds $own.drainSeconds 15 }}
securityContext:
  {{- include "switchboard.podSecurity" $root | nindent 2 }}
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $own.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $own.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $own.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- include "switchboard.spread" (list $root (index . 2)) }}
{{- end -}}

{{/* Whether pods of a kind mount the model. (list root "router"|"node") */}}
{{- define "switchboard.mountsModel" -}}
{{- $root := index . 0 -}}
{{- if and (ne $root.Values.model.source "image") (or (eq (index . 1) "router") (eq $root.Values.model.nodes "files")) -}}yes{{- end -}}
{{- end -}}

{{- define "switchboard.initContainers" -}}
{{- $root := index . 0 -}}
{{- if and (include "switchboard.mountsModel" .) (eq $root.Values.model.source "init") }}
initContainers:
  - name: fetch-model
    image: {{ required "model.init.image: what fetches the model" $root.Values.model.init.image }}
    {{- with $root.Values.model.init.command }}
    command: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $root.Values.model.init.args }}
    args: {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with $root.Values.model.init.env }}
    env: {{- toYaml . | nindent 6 }}
    {{- end }}
    securityContext:
      {{- include "switchboard.containerSecurity" $root | nindent 6 }}
    volumeMounts:
      - {name: model, mountPath: /models}
      - {name: tmp, mountPath: /tmp}
{{- end }}
{{- end -}}

{{/* (list root kind) */}}
{{- define "switchboard.volumes" -}}
{{- $root := index . 0 -}}{{- $kind := index . 1 -}}
- name: settings
  configMap: {name: {{ include "switchboard.fullname" $root }}-{{ $kind }}}
- name: tmp
  emptyDir: {sizeLimit: 1Gi}
{{- if $root.Values.packCache.enabled }}
- name: pack-cache
  emptyDir: {sizeLimit: {{ $root.Values.packCache.sizeLimit }}}
{{- end }}
{{- if include "switchboard.mountsModel" . }}
- name: model
  {{- if eq $root.Values.model.source "pvc" }}
  persistentVolumeClaim: {claimName: {{ required "model.pvc.claimName" $root.Values.model.pvc.claimName }}, readOnly: true}
  {{- else }}
  emptyDir: {sizeLimit: {{ $root.Values.model.init.sizeLimit }}}
  {{- end }}
{{- end }}
{{- end -}}

{{/* (list root kind) */}}
{{- define "switchboard.mounts" -}}
{{- $root := index . 0 -}}
- {name: settings, mountPath: /etc/switchboard, readOnly: true}
- {name: tmp, mountPath: /tmp}
{{- if $root.Values.packCache.enabled }}
- {name: pack-cache, mountPath: /var/cache/switchboard}
{{- end }}
{{- if include "switchboard.mountsModel" . }}
- {name: model, mountPath: /models, readOnly: true}
{{- end }}
{{- end -}}

{{/* (list values section port): others call a process by its pod's address. Names are looked up anew after a second. */}}
{{- define "switchboard.env" -}}
{{- $own := index . 0 -}}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
- {name: SWITCHBOARD_{{ index . 1 }}_ANNOUNCE, value: "[$(POD_IP)]:{{ index . 2 }}"}
- {name: SWITCHBOARD_GRID_HOST, value: $(POD_IP)}
{{- if and (dig "requests" "cpu" "" $own.resources) (not (hasKey $own.settings "threads")) }}
# The Java runtime counts the processors of the host where no limit is set.
- name: SWITCHBOARD_{{ index . 1 }}_THREADS
  valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: "1"}}
{{- end }}
- {name: JDK_JAVA_OPTIONS, value: "-Xmx{{ $own.heap }} -Dsun.net.inetaddr.ttl=1 -Dsun.net.inetaddr.negative.ttl=1"}
{{- end -}}

{{- define "switchboard.preStop" -}}
{{- if . }}
lifecycle:
  preStop:
    sleep: {seconds: {{ . }}}
{{- end }}
{{- end -}}
