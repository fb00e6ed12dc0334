using Microsoft.AspNetCore.Http;
using OllamaProxy.Access;

namespace OllamaProxy.Api.Callers;

/// <summary>Keeps with a request who asks.</summary>
internal static class CallerFeature
{
    /// <summary>Who asks. Before they are known, they see nothing.</summary>
    public static Caller Caller(this HttpContext context) => context.Features.Get<Caller>() ?? OllamaProxy.Access.Caller.Nobody;

    /// <summary>From now on this is who asks.</summary>
    public static void SetCaller(this HttpContext context, Caller caller) => context.Features.Set(caller);
}
