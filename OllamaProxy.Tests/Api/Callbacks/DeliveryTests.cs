using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Tests.Api.Batches;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Webhooks;
using static OllamaProxy.Tests.Api.Callbacks.CallbackTests;

namespace OllamaProxy.Tests.Api.Callbacks;

/// <summary>Receivers that are down, slow, strange or hostile.</summary>
public sealed class DeliveryTests
{
    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_receiver_that_fails_is_tried_again_with_the_same_event_until_it_has_it(string host)
    {
        // It answers the same until that was seen: the first back-off can be over before a busy machine has looked.
        var answer = 500;
        await using var receiver = await Receiver.StartAsync((context, _) =>
        {
            context.Response.StatusCode = Volatile.Read(ref answer);
            return Task.CompletedTask;
        });
        await using var proxy = await StartAsync(host);
        var id = await SubmitAsync(proxy, receiver.Url);
        foreach (var (attempts, next) in new[] { (1, 404), (2, 200) })
        {
            var expected = $"The receiver answered {answer}.";
            var failed = await CallbackWhenAsync(
                proxy, id, callback => callback.TryGetProperty("last_error", out var error) && error.GetString() == expected);
            Assert.Equal("pending", failed.Text("status"));
            Assert.InRange(failed.GetProperty("attempts").GetInt32(), attempts, int.MaxValue);
            Assert.True(failed.GetProperty("next_attempt_at").GetDateTimeOffset() > failed.GetProperty("created_at").GetDateTimeOffset());
            Volatile.Write(ref answer, next);
            await Receiver.HurryAsync(proxy.Home);
        }
        var delivered = await CallbackWhenAsync(proxy, id, "delivered");
        Assert.InRange(receiver.All.Count, 3, int.MaxValue);
        Assert.Equal(receiver.All.Count, delivered.GetProperty("attempts").GetInt32());
        Assert.All(receiver.All, each => each.AssertSigned());
        Assert.Single(receiver.All.Select(each => (each.Id, each.Body)).Distinct());
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_receiver_that_is_gone_is_left_alone(string host)
    {
        await using var receiver = await Receiver.AnsweringAsync(410);
        await using var proxy = await StartAsync(host);
        var failed = await CallbackWhenAsync(proxy, await SubmitAsync(proxy, receiver.Url), "failed");
        Assert.Equal((1, "The receiver answered 410."), (failed.GetProperty("attempts").GetInt32(), failed.Text("last_error")));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_receiver_says_when_it_wants_to_be_tried_again(string host)
    {
        await using var receiver = await Receiver.StartAsync((context, _) =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "3600";
            return Task.CompletedTask;
        });
        await using var proxy = await StartAsync(host);
        var waiting = await CallbackWhenAsync(
            proxy, await SubmitAsync(proxy, receiver.Url), callback => callback.TryGetProperty("last_error", out _));
        var wait = waiting.GetProperty("next_attempt_at").GetDateTimeOffset() - waiting.GetProperty("created_at").GetDateTimeOffset();
        Assert.InRange(wait, TimeSpan.FromMinutes(60), TimeSpan.FromMinutes(62));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task No_redirect_is_followed_and_no_cookie_is_kept(string host)
    {
        await using var elsewhere = await Receiver.StartAsync();
        await using var receiver = await Receiver.StartAsync((context, _) =>
        {
            context.Response.Headers.SetCookie = "a=b";
            context.Response.Redirect(elsewhere.Url, permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        });
        await using var proxy = await StartAsync(host);
        var id = await SubmitAsync(proxy, receiver.Url);
        var failed = await CallbackWhenAsync(proxy, id, callback => callback.TryGetProperty("last_error", out _));
        Assert.Equal("The receiver answered 307, and redirects are not followed.", failed.Text("last_error"));
        await Receiver.HurryAsync(proxy.Home);
        Assert.False((await receiver.WaitForAsync(2))[1].Headers.ContainsKey("Cookie"));
        Assert.Empty(elsewhere.All);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task An_address_that_is_no_longer_allowed_is_not_connected_to(string host)
    {
        var port = FreePort.Next();
        await using var proxy = await StartAsync(host);
        var id = await SubmitAsync(proxy, $"http://localhost:{port}/hook");
        await CallbackWhenAsync(proxy, id, callback => callback.TryGetProperty("last_error", out _));
        // Not the other way round: the next attempt could find the receiver while it is still allowed.
        await proxy.RestartAsync(("OLLAMA_PROXY_WEBHOOK_ALLOW", "10.0.0.0/8"));
        await using var receiver = await Receiver.StartAsync(port);
        await Receiver.HurryAsync(proxy.Home);
        var refused = await CallbackWhenAsync(
            proxy, id, callback => callback.Text("last_error").Contains("OLLAMA_PROXY_WEBHOOK_ALLOW", StringComparison.Ordinal));
        Assert.Equal("The address of localhost is not public. OLLAMA_PROXY_WEBHOOK_ALLOW can allow it.", refused.Text("last_error"));
        Assert.Empty(receiver.All);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_receiver_that_hangs_holds_up_neither_the_others_nor_the_end_of_the_program(string host)
    {
        await using var hanging = await Receiver.HangingAsync();
        await using var receiver = await Receiver.StartAsync();
        await using var proxy = await StartAsync(host);
        var ids = new List<string>();
        for (var number = 0; number < 12; number++)
            ids.Add(await SubmitAsync(proxy, hanging.Url));
        await hanging.WaitForAsync(8);
        await CallbackWhenAsync(proxy, await SubmitAsync(proxy, receiver.Url), "delivered");
        Assert.Equal(8, hanging.All.Count);

        await proxy.StopInstanceAsync();
        // They were handed back: they count for nothing, and are due.
        Assert.Equal(12, await proxy.Home.NumberAsync("SELECT count(*) FROM deliveries WHERE due_at IS NOT NULL AND attempts = 0"));
    }

    [InProcessTheory]
    [MemberData(nameof(Hosts))]
    public async Task Neither_the_secret_nor_the_whole_address_is_in_the_log(string host)
    {
        await using var good = await Receiver.StartAsync();
        await using var bad = await Receiver.AnsweringAsync(500, 410);
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null,
            [.. Receiver.Settings, ("Logging:LogLevel:Default", "Trace"), ("Logging:Console:LogLevel:Default", "None")]);
        using var log = new LogRecorder();
        proxy.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        var id = await SubmitAsync(proxy, $"{bad.Url}/swordfish?key=hunter2");
        await CallbackWhenAsync(proxy, id, callback => callback.TryGetProperty("last_error", out _));
        await Receiver.HurryAsync(proxy.Home);
        await CallbackWhenAsync(proxy, id, "failed");
        await CallbackWhenAsync(proxy, await SubmitAsync(proxy, $"{good.Url}/swordfish?key=hunter2"), "delivered");

        // What comes of an attempt is logged after it is stored, and of several in any order.
        await Eventually.True(() => log.Lines.Any(line => line.Contains("was delivered to", StringComparison.Ordinal)));
        await Eventually.True(() => log.Lines.Any(line => line.StartsWith("Warning: Event evt_", StringComparison.Ordinal)
            && line.Contains($"attempt 1 to deliver it to {bad.Address} failed", StringComparison.Ordinal)));
        await Eventually.True(() => log.Lines.Any(line => line.StartsWith("Error: Event evt_", StringComparison.Ordinal)
            && line.EndsWith("is given up after 2 attempts. The receiver answered 410.", StringComparison.Ordinal)));
        Assert.All(["hunter2", "swordfish", Receiver.Secret["whsec_".Length..]], secret =>
            Assert.DoesNotContain(log.Lines, line => line.Contains(secret, StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_process_that_only_serves_leaves_deliveries_to_those_that_work(string host)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var serving = await RunningProxy.StartAsync(
            ProxyHosts.Named(host), null, [.. Receiver.Settings, ("OLLAMA_PROXY_WORKER", "false")]);
        var id = await SubmitAsync(serving, receiver.Url);
        using (var cancelled = await serving.Client.PostAsync($"/api/v1/prompt/{id}/cancel", null))
            Assert.True(cancelled.IsSuccessStatusCode);
        Assert.Equal("pending", (await CallbackWhenAsync(serving, id, _ => true)).Text("status"));
        await using var working = await RunningProxy.StartAsync(
            ProxyHosts.Named(host), null, [.. Receiver.Settings, .. await serving.Home.SettingsAsync()]);
        await CallbackWhenAsync(serving, id, "delivered");
        Assert.Equal("prompt.cancelled", Assert.Single(receiver.All).Type);
    }

    private static Task<RunningProxy> StartAsync(string host) =>
        RunningProxy.StartAsync(ProxyHosts.Named(host), null, Receiver.Settings);

    private static Task<string> SubmitAsync(RunningProxy proxy, string url) =>
        proxy.SubmitAsync(new { prompt = "hello", model = "tiny", callback_url = url });
}
