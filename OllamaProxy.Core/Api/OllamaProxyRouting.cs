using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace OllamaProxy.Api;

/// <summary>Puts the application on a host that is ASP.NET Core itself.</summary>
public static class OllamaProxyRouting
{
    /// <summary>Maps every route.</summary>
    public static void MapOllamaProxy(this IEndpointRouteBuilder routes)
    {
        var pipeline = routes.ServiceProvider.GetRequiredService<ApiPipeline>();
        var unmatched = routes.ServiceProvider.GetRequiredService<UnmatchedHandler>();
        foreach (var endpoint in routes.ServiceProvider.GetRequiredService<RouteTable>().All)
            routes.MapMethods(endpoint.Pattern, endpoint.Methods, context => pipeline.RunAsync(context, endpoint.Handler));
        routes.Map(Routes.Unmatched, context => pipeline.RunAsync(context, unmatched.UnmatchedAsync));
    }
}
