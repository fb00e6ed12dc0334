using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OllamaProxy.Storage;
using OllamaProxy.Telemetry;
using OllamaProxy.Tests.Storage;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Telemetry;

/// <summary>The spans of a prompt. Other tests make spans at the same time, so each test looks at its own trace.</summary>
[Collection(nameof(PromptTraceTests))]
public sealed class PromptTraceTests : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = [];
    private readonly ActivityListener _listener;

    public PromptTraceTests()
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name == PromptTraces.Source,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public static TheoryData<string> Hosts => ProxyHosts.Names;

    public void Dispose() => _listener.Dispose();

    [InProcessTheory]
    [MemberData(nameof(Hosts))]
    public async Task A_submission_its_wait_its_attempt_and_the_request_are_one_trace_though_two_processes_share_the_work(string host)
    {
        await using var serving = await RunningProxy.StartAsync(ProxyHosts.Named(host), null, ("OLLAMA_PROXY_WORKER", "0"));
        var (trace, parent) = NewTrace();
        var id = await SubmitAsync(serving, parent, "/api/v1/prompt", new { prompt = "Trace me.", model = "tiny" });
        await using var worker = await RunningProxy.StartAsync(
            ProxyHosts.Named(host), null, serving.SharedStore, ("OLLAMA_URL", serving.Ollama.BaseAddress.ToString()));
        await serving.ResultAsync(id);

        var spans = await FourOfAsync(trace);
        var submit = spans.Single(span => span is { OperationName: "submit tiny", Kind: ActivityKind.Producer });
        var wait = spans.Single(span => span.OperationName == "wait tiny:latest");
        var process = spans.Single(span => span is { OperationName: "process tiny:latest", Kind: ActivityKind.Consumer });
        var call = spans.Single(span => span is { OperationName: "text_completion tiny:latest", Kind: ActivityKind.Client });
        Assert.Equal(
            [parent.Split('-')[2], submit.SpanId.ToString(), submit.SpanId.ToString(), process.SpanId.ToString()],
            new[] { submit, wait, process, call }.Select(span => span.ParentSpanId.ToString()));
        Assert.Equal(trace, (await serving.StatusAsync(id)).GetProperty("trace_id").GetString());
        Assert.Equal(id, process.GetTagItem("ollama_proxy.prompt.id")?.ToString());
        Assert.Equal(1, process.GetTagItem("ollama_proxy.attempt"));
        Assert.True((long?)call.GetTagItem("gen_ai.usage.output_tokens") > 0);
        Assert.True(wait.StartTimeUtc + wait.Duration <= process.StartTimeUtc);
        Assert.All(spans, span => Assert.DoesNotContain("Trace me.", string.Join(' ', span.TagObjects.Select(tag => tag.Value))));
    }

    [InProcessTheory]
    [MemberData(nameof(Hosts))]
    public async Task A_call_is_traced_too_and_a_failure_is_an_error_of_its_spans(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var (trace, parent) = NewTrace();
        using var request = Request(parent, "/v1/chat/completions",
            new { model = "nobody-has-this", messages = new[] { new { role = "user", content = "hi" } } });
        using var response = await proxy.Client.SendAsync(request);

        var spans = await FourOfAsync(trace);
        Assert.Equal(ActivityStatusCode.Error, spans.Single(span => span.OperationName.StartsWith("process", Ordinal)).Status);
        var call = spans.Single(span => span.OperationName.StartsWith("chat ", Ordinal));
        Assert.Equal(ActivityStatusCode.Error, call.Status);
        Assert.Contains("nobody-has-this", call.StatusDescription, Ordinal);
    }

    [InProcessTheory]
    [MemberData(nameof(Hosts))]
    public async Task What_is_no_traceparent_is_ignored(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var zeroes = $"00-{new string('0', 32)}-{new string('0', 16)}-01";
        foreach (var bad in new[] { "nonsense", "00-0-0-00", new string('f', 10_000), zeroes })
            await proxy.ResultAsync(await SubmitAsync(proxy, bad, "/api/v1/prompt", new { prompt = "hi" }));
    }

    [SqliteFact]
    public async Task While_somebody_listens_no_prompt_is_sent_before_its_claim_is_committed()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server);
        var writer = await StorageRig.WriterOfAsync(proxy.Services.GetRequiredService<IPromptStore>());
        var wasSent = false;
        SQLitePCL.raw.sqlite3_commit_hook(writer.Handle, _ =>
        {
            wasSent |= proxy.Ollama.Requests.WaitForAsync(1).Wait(TimeSpan.FromMilliseconds(200));
            return 1;
        }, null);

        using var refused = await proxy.Client.PostAsJsonAsync("/api/generate", new { model = "tiny", prompt = "hi" });

        Assert.Equal((HttpStatusCode.ServiceUnavailable, false), (refused.StatusCode, wasSent));
        SQLitePCL.raw.sqlite3_commit_hook(writer.Handle, null, null);
    }

    private const StringComparison Ordinal = StringComparison.Ordinal;

    private List<Activity> SpansOf(string trace) => [.. _ended.Where(span => span.TraceId.ToString() == trace)];

    private Task<List<Activity>> FourOfAsync(string trace) =>
        Eventually.NotNull(() => Task.FromResult(SpansOf(trace) is { Count: 4 } all ? all : null), "four spans");

    private static (string Trace, string Parent) NewTrace()
    {
        var trace = ActivityTraceId.CreateRandom().ToString();
        return (trace, $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
    }

    private static async Task<string> SubmitAsync(RunningProxy proxy, string parent, string path, object body)
    {
        using var request = Request(parent, path, body);
        using var response = await proxy.Client.SendAsync(request);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private static HttpRequestMessage Request(string parent, string path, object body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("traceparent", parent);
        return request;
    }
}
