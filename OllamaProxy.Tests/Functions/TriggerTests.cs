using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using OllamaProxy.Api;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Functions;

public sealed class TriggerTests
{
    [Fact]
    public async Task Both_hosts_have_the_same_routes_and_methods()
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server);
        var server = proxy.Services.GetRequiredService<RouteTable>().All
            .Select(endpoint => Row(endpoint.Pattern, endpoint.Methods))
            .Append(Row(Routes.Unmatched, []));

        var functions = Trigger.All.Where(trigger => trigger.Http is not null)
            .Select(trigger => Row(trigger.Http!.Route!, trigger.Methods));

        Assert.Equal(server.Order(), functions.Order());
    }

    [Fact]
    public void Every_HTTP_trigger_is_anonymous() =>
        Assert.All(Trigger.All, trigger =>
            Assert.Equal(AuthorizationLevel.Anonymous, trigger.Http?.AuthLevel ?? AuthorizationLevel.Anonymous));

    [Fact]
    public void The_catch_all_has_the_name_that_sorts_last() =>
        Assert.Equal(Routes.Unmatched, Trigger.All[^1].Http?.Route);

    [Fact]
    public void No_HTTP_trigger_returns_anything_that_the_worker_would_serialise() =>
        Assert.All(Trigger.All, trigger => Assert.Equal(typeof(Task), trigger.Method.ReturnType));

    [Fact]
    public void The_timers_tick_as_those_of_the_server_do_and_need_no_storage_account()
    {
        var timers = Trigger.All.Where(trigger => trigger.Timer is not null)
            .Select(trigger => (trigger.Name, trigger.Timer!.Schedule, trigger.Timer.UseMonitor));
        Assert.Equal([("Drain", "*/1 * * * * *", false), ("Purge", "0 * * * * *", false)], timers);
    }

    [Fact]
    public void The_local_settings_serve_on_port_8000_without_a_storage_account()
    {
        using var settings = JsonDocument.Parse(File.ReadAllText(Repository.File("local.settings.json")));
        Assert.Equal(8000, settings.RootElement.GetProperty("Host").GetProperty("LocalHttpPort").GetInt32());
        var values = settings.RootElement.GetProperty("Values");
        Assert.Equal("dotnet-isolated", values.GetProperty("FUNCTIONS_WORKER_RUNTIME").GetString());
        Assert.Equal("true", values.GetProperty("AzureWebJobsDisableHomepage").GetString());
        Assert.False(values.TryGetProperty("AzureWebJobsStorage", out _));
    }

    [Fact]
    public void The_host_file_takes_the_prefix_from_the_routes_and_the_limit_from_the_drain()
    {
        using var host = JsonDocument.Parse(File.ReadAllText(Repository.File("host.json")));
        Assert.Equal("", host.RootElement.GetProperty("extensions").GetProperty("http").GetProperty("routePrefix").GetString());
        Assert.Equal("-1", host.RootElement.GetProperty("functionTimeout").GetString());
    }

    [Fact]
    public void The_host_file_lets_the_worker_speak_and_keeps_requests_and_the_host_quiet()
    {
        using var host = JsonDocument.Parse(File.ReadAllText(Repository.File("host.json")));
        var levels = host.RootElement.GetProperty("logging").GetProperty("logLevel");
        // The Core Tools take that key as the level of their own logs, too: some 13 lines a request.
        Assert.False(levels.TryGetProperty("default", out _));
        Assert.Equal("Warning", levels.GetProperty("Function").GetString());
        foreach (var timer in Trigger.All.Where(trigger => trigger.Timer is not null))
            Assert.Equal("Information", levels.GetProperty($"Function.{timer.Name}.User").GetString());
    }

    private static string Row(string pattern, IEnumerable<string> methods) => $"{pattern} {string.Join(',', methods.Order())}";
}
