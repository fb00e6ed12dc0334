using System.Diagnostics;
using OllamaProxy.Simulator.Faults;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Timing;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>How soon others get their turn when somebody who is being answered leaves.</summary>
public sealed class LeavingTests
{
    /// <summary>
    /// Half of the time after which a worker looks at a lease by itself, which every round would take nearly twice otherwise.
    /// </summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(250);

    [Theory]
    [InlineData(nameof(ProxyHosts.Server), "leave")]
    [InlineData(nameof(ProxyHosts.Server), "cancel")]
    [InlineData(nameof(ProxyHosts.Server), "delete")]
    [InlineData(nameof(ProxyHosts.Functions), "leave")]
    [InlineData(nameof(ProxyHosts.Functions), "cancel")]
    [InlineData(nameof(ProxyHosts.Functions), "delete")]
    public async Task A_client_that_goes_away_frees_its_slot_at_once(string host, string how)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        // Its connection goes at once with the response, and not after the two seconds in which the rest could come.
        using var client = new HttpClient(new SocketsHttpHandler { MaxResponseDrainSize = 0 }) { BaseAddress = proxy.Client.BaseAddress };

        await Soonest.IsWithinAsync(AtOnce, async () =>
        {
            var plain = await MeasureAsync(proxy);
            proxy.Ollama.Faults.Enqueue(Fault.Stall(1));
            using var running = await client.SendAsync(
                CallTests.Post("/api/generate", """{"model":"tiny","prompt":"leaves"}"""), HttpCompletionOption.ResponseHeadersRead);
            var next = proxy.Client.SendAsync(Next());
            await Eventually.NotNull(async () =>
                (await proxy.GetAsync("/api/v1/prompts?status=queued")).GetProperty("total").GetInt32() == 1 ? "queued" : null);

            var left = Stopwatch.GetTimestamp();
            await EndAsync(proxy, how, running);
            using var answered = await next;

            answered.EnsureSuccessStatusCode();
            return Stopwatch.GetElapsedTime(left) - plain;
        });
    }

    /// <summary>How long the next call takes where nobody is before it.</summary>
    private static async Task<TimeSpan> MeasureAsync(RunningProxy proxy)
    {
        var begunAt = Stopwatch.GetTimestamp();
        using var answered = await proxy.Client.SendAsync(Next());
        return Stopwatch.GetElapsedTime(begunAt);
    }

    private static HttpRequestMessage Next() =>
        CallTests.Post("/api/generate", """{"model":"tiny","prompt":"next","stream":false}""");

    private static async Task EndAsync(RunningProxy proxy, string how, HttpResponseMessage running)
    {
        var path = $"/api/v1/prompt/{CallTests.IdOf(running)}";
        switch (how)
        {
            case "cancel":
                (await proxy.Client.PostAsync($"{path}/cancel", null)).Dispose();
                break;
            case "delete":
                (await proxy.Client.DeleteAsync(path)).Dispose();
                break;
            default:
                running.Dispose();
                break;
        }
    }
}
