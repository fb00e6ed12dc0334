using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace OllamaProxy.Tests.Functions;

/// <summary>Fires the timer triggers every second, each never while it runs.</summary>
public sealed class TriggerTimer(IServiceProvider services) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Trigger.All.Where(trigger => trigger.Timer is not null).Select(trigger => FireAsync(trigger, stoppingToken)));

    private async Task FireAsync(Trigger trigger, CancellationToken stoppingToken)
    {
        var instance = ActivatorUtilities.CreateInstance(services, trigger.Method.DeclaringType!);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        do
            await trigger.InvokeAsync(instance, type => type == typeof(TimerInfo) ? new TimerInfo() : stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
