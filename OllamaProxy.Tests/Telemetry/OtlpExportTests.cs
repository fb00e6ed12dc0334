using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Telemetry;

/// <summary>
/// What a collector is sent, by OTLP over HTTP. While somebody listens to traces no call is early, so this never runs beside the tests that
/// are about these.
/// </summary>
[Collection(nameof(PromptTraceTests))]
public sealed class OtlpExportTests
{
    private readonly ConcurrentDictionary<string, string> _received = [];

    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [InProcessTheory]
    [MemberData(nameof(Hosts))]
    public async Task Metrics_traces_and_logs_go_to_the_collector_that_is_named_and_no_prompt_or_answer_does(string host)
    {
        await using var collector = await CollectorAsync();
        var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("Logging:LogLevel:OllamaProxy", "Information"));
        var result = await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "Whisper this to nobody.", model = "tiny" }));
        await proxy.DisposeAsync(); // What is left is sent at the end.

        Assert.Contains("process tiny:latest", _received["/v1/traces"], StringComparison.Ordinal);
        Assert.Contains("ollama_proxy.prompts.submitted", _received["/v1/metrics"], StringComparison.Ordinal);
        Assert.Contains("attempt", _received["/v1/logs"], StringComparison.Ordinal);
        var all = string.Concat(_received.Values);
        Assert.DoesNotContain("Whisper this", all, StringComparison.Ordinal);
        Assert.DoesNotContain(result.GetProperty("result").GetString()!, all, StringComparison.Ordinal);
    }

    [InProcessTheory]
    [MemberData(nameof(Hosts))]
    public async Task Nothing_is_sent_where_the_export_is_turned_off(string host)
    {
        await using var collector = await CollectorAsync();
        var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_SDK_DISABLED", "true"));
        await proxy.ResultAsync(await proxy.SubmitAsync(new { prompt = "hi" }));
        await proxy.DisposeAsync();

        Assert.Empty(_received);
    }

    private Task<RawOllama> CollectorAsync() => RawOllama.AnswerAllAsync(async context =>
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        _received.AddOrUpdate(context.Request.Path, Encoding.Latin1.GetString(body.ToArray()),
            (_, before) => before + Encoding.Latin1.GetString(body.ToArray()));
        context.Response.StatusCode = StatusCodes.Status200OK;
    });
}
