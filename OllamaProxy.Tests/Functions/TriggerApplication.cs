using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OllamaProxy.Api;

namespace OllamaProxy.Tests.Functions;

/// <summary>
/// Serves the trigger classes as the Functions host does: routes in the order of the functions' names, a method that a
/// function does not list goes on to the next one, and a timer that never overlaps itself.
/// </summary>
public static class TriggerApplication
{
    public static WebApplication Create(string[] args) => Create(args, HostLimits.Functions);

    /// <param name="args">The settings.</param>
    /// <param name="limits">What the host can do.</param>
    /// <param name="hasTimer">False: as on plans that run timers on instances of their own.</param>
    public static WebApplication Create(string[] args, HostLimits limits, bool hasTimer = true)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.AddOllamaProxy(limits);
        if (hasTimer)
            builder.Services.AddHostedService<TriggerTimer>();
        var app = builder.Build();
        for (var order = 0; order < Trigger.All.Count; order++)
            if (Trigger.All[order] is { Http: not null } trigger)
                Map(app, trigger, order);
        return app;
    }

    private static void Map(WebApplication app, Trigger trigger, int order)
    {
        var instance = ActivatorUtilities.CreateInstance(app.Services, trigger.Method.DeclaringType!);
        Task Serve(HttpContext context) =>
            trigger.InvokeAsync(instance, type => type == typeof(HttpRequest) ? context.Request : context.RequestAborted);
        var route = trigger.Methods is { Count: > 0 } methods
            ? app.MapMethods(trigger.Http!.Route!, methods, (RequestDelegate)Serve)
            : app.Map(trigger.Http!.Route!, (RequestDelegate)Serve);
        route.Add(endpoint => ((RouteEndpointBuilder)endpoint).Order = order);
    }
}
