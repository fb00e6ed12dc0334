using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace OllamaProxy.Tests.Functions.StandIn;

/// <summary>
/// Gives the worker's functions their routes, in the order of their names, and hands each request on to the worker's own HTTP server. The
/// worker brings the two halves of an invocation together by its id.
/// </summary>
internal sealed class HttpForwarder(Uri worker, Func<WorkerFunction, Invocation> invoke, Action<Invocation> cancel) : IDisposable
{
    private static readonly string[] HopByHop = ["Host", "Connection", "Transfer-Encoding", "Keep-Alive", "Upgrade"];

    private readonly HttpMessageInvoker _client = new(CreateHandler());

    /// <summary>Closes the connection at once if an answer is not read to its end.</summary>
    public static SocketsHttpHandler CreateHandler() =>
        new() { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ResponseDrainTimeout = TimeSpan.Zero };

    public void Map(WebApplication app, IEnumerable<WorkerFunction> functions)
    {
        var routed = functions.Where(function => function.Route is not null).OrderBy(function => function.Name);
        foreach (var (order, function) in routed.Index())
        {
            Task Serve(HttpContext context) => ForwardAsync(context, function);
            var route = function.Methods.Count > 0
                ? app.MapMethods(function.Route!, function.Methods, (RequestDelegate)Serve)
                : app.Map(function.Route!, (RequestDelegate)Serve);
            route.Add(endpoint => ((RouteEndpointBuilder)endpoint).Order = order);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task ForwardAsync(HttpContext context, WorkerFunction function)
    {
        var invocation = invoke(function);
        using var cancellation = context.RequestAborted.Register(() => cancel(invocation));
        try
        {
            using var request = Copy(context.Request, invocation.Id);
            using var response = await _client.SendAsync(request, context.RequestAborted);
            context.Response.StatusCode = (int)response.StatusCode;
            foreach (var (name, values) in response.Headers.Concat(response.Content.Headers).Where(header => !IsHopByHop(header.Key)))
                context.Response.Headers.Append(name, values.ToArray());
            await context.Response.StartAsync(context.RequestAborted);
            await using var body = await response.Content.ReadAsStreamAsync(context.RequestAborted);
            var buffer = new byte[16 * 1024];
            while (await body.ReadAsync(buffer, context.RequestAborted) is > 0 and var count)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, count), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or HttpRequestException or IOException)
        {
            // Neither client nor worker is to hear more than that this one is over.
            context.Abort();
        }
    }

    private HttpRequestMessage Copy(HttpRequest source, string invocation)
    {
        var target = source.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var request = new HttpRequestMessage(new(source.Method), new Uri(worker, target));
        if (source.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
            request.Content = new StreamContent(source.Body);
        foreach (var (name, values) in source.Headers.Where(header => !IsHopByHop(header.Key)))
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        request.Headers.Add("X-Forwarded-Host", source.Host.Value);
        request.Headers.Add("X-Forwarded-Proto", source.Scheme);
        request.Headers.Add("x-ms-invocation-id", invocation);
        return request;
    }

    private static bool IsHopByHop(string header) => HopByHop.Contains(header, StringComparer.OrdinalIgnoreCase);
}
