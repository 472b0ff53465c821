# Jaeger's tracer for Ruby: polls PORT for SERVICE, then begins ROOTS traces of each OPERATION.
#
# Prints, as JSON, the probability it holds for each and how many it kept.
require 'json'
require 'jaeger/client'

port, service, roots, *operations = ARGV
log = Logger.new($stderr)
sampler = Jaeger::Samplers::RemoteControlled.new(
  logger: log, service_name: service, host: '127.0.0.1', port: port.to_i, refresh_interval: 1
)
reporter = Jaeger::Reporters::NullReporter.new
tracer = Jaeger::Client.build(service_name: service, reporter: reporter, sampler: sampler, logger: log)
# It polls from its first decision on.
tracer.start_span('first').finish
deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 30
until sampler.sampler.is_a?(Jaeger::Samplers::PerOperation)
  abort 'the tracer took over nothing within 30 s' if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
  sleep 0.02
end
result = operations.to_h do |operation|
  kept = roots.to_i.times.count do
    span = tracer.start_span(operation, ignore_active_scope: true)
    span.finish
    span.context.sampled?
  end
  [operation, { probability: sampler.sampler.samplers[operation].probabilistic_sampler.rate, kept: kept }]
end
puts JSON.generate(result)
