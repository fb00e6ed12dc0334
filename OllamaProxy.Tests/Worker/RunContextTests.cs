using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OllamaProxy.Tests.Api;
using OllamaProxy.Tests.Api.Calls;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Worker;

/// <summary>
/// A prompt that is claimed with its submit's commit is run by the worker, not by the request: what is said of it, and traced, belongs
/// to the drain, on the Functions host to the function of that name.
/// </summary>
public sealed class RunContextTests
{
    private static readonly AsyncLocal<string?> Ambient = new();

    [Fact]
    public async Task A_run_sees_nothing_of_the_context_of_the_submit_that_brought_it()
    {
        await using var rig = await WorkerRig.StartAsync();
        var seen = new ContextRecorder();
        rig.Services.GetRequiredService<ILoggerFactory>().AddProvider(seen);
        Ambient.Value = "drain";
        _ = rig.Drain();
        // The first may be claimed by the drain itself; the others find an idle worker.
        for (var round = 1; round <= 5; round++)
        {
            await SubmitAsync(rig);
            await Eventually.True(() => seen.Of("completed").Count == round);
        }

        Assert.All(seen.Of("attempt").Concat(seen.Of("completed")), context => Assert.Equal(("drain", null), context));
    }

    [Theory]
    [InlineData(nameof(ProxyHosts.Server), "/api/v1/prompt", """{"prompt":"hi"}""")]
    [InlineData(nameof(ProxyHosts.Server), "/api/generate", """{"model":"tiny","prompt":"hi"}""")]
    [InlineData(nameof(ProxyHosts.Server), "/v1/chat/completions",
        """{"model":"tiny","messages":[{"role":"user","content":"hi"}],"stream":true}""")]
    [InlineData(nameof(ProxyHosts.Functions), "/api/v1/prompt", """{"prompt":"hi"}""")]
    [InlineData(nameof(ProxyHosts.Functions), "/api/generate", """{"model":"tiny","prompt":"hi"}""")]
    public async Task No_run_is_part_of_the_trace_of_a_request(string host, string path, string body)
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        await using var proxy = await RunningProxy.StartAsync(
            ProxyHosts.Named(host), null, ("Logging:LogLevel:OllamaProxy", "Information"), ("OLLAMA_PROXY_QUIET", ""));
        var seen = new ContextRecorder();
        proxy.Services.GetRequiredService<ILoggerFactory>().AddProvider(seen);
        for (var round = 1; round <= 5; round++)
        {
            using var response = await proxy.Client.SendAsync(CallTests.Post(path, body));
            response.EnsureSuccessStatusCode();
            await Eventually.True(() => seen.Of("completed").Count == round);
        }

        await Eventually.True(() => seen.Of($"POST {path}").Count == 5);
        Assert.All(seen.Of($"POST {path}"), context => Assert.NotNull(context.Item2));
        Assert.All(seen.Of("attempt").Concat(seen.Of("completed")), context => Assert.Null(context.Item2));
    }

    /// <summary>Submits within a context of its own.</summary>
    private static async Task SubmitAsync(WorkerRig rig)
    {
        Ambient.Value = "request";
        using var activity = new Activity("request").Start();
        await rig.SubmitAsync("hi");
    }

    private sealed class ContextRecorder : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<(string Line, (string?, string?) Context)> _lines = new();

        public List<(string?, string?)> Of(string word) =>
            [.. _lines.Where(line => line.Line.Contains(word, StringComparison.Ordinal)).Select(line => line.Context)];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?,
            string> formatter) =>
            _lines.Enqueue((formatter(state, exception), (Ambient.Value, Activity.Current?.OperationName)));

        public void Dispose()
        {
        }
    }
}
