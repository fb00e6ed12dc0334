using Microsoft.AspNetCore.Http;
using OllamaProxy.Access;
using OllamaProxy.Api.Errors;
using OllamaProxy.Prompts;
using OllamaProxy.Protocol;
using OllamaProxy.Telemetry;

namespace OllamaProxy.Api.Callers;

/// <summary>Keeps with a request who asks.</summary>
internal static class CallerFeature
{
    /// <summary>Who asks. Before they are known, they see nothing.</summary>
    public static Caller Caller(this HttpContext context) => context.Features.Get<Caller>() ?? OllamaProxy.Access.Caller.Nobody;

    /// <summary>A prompt as that of who asks.</summary>
    /// <exception cref="ProblemException">403: they may not use its model.</exception>
    public static NewPrompt Own(this HttpContext context, NewPrompt prompt)
    {
        context.RefuseModel(prompt.Model);
        var parent = context.Request.Headers.TraceParent.ToString();
        return context.Caller().Own(PromptTraces.IsTraceParent(parent) ? prompt with { TraceParent = parent } : prompt);
    }

    /// <summary>Refuses a model that who asks may not use; empty: none is named.</summary>
    /// <exception cref="ProblemException">403.</exception>
    public static void RefuseModel(this HttpContext context, string model)
    {
        if (context.Caller().Limits is { Models: { } models } limits && !limits.Allows(ModelName.Canonical(model)))
            throw new ProblemException(StatusCodes.Status403Forbidden,
                $"This API key may not use the model '{model}', only {string.Join(", ", models.Order())}.");
    }

    /// <summary>From now on this is who asks.</summary>
    public static void SetCaller(this HttpContext context, Caller caller) => context.Features.Set(caller);
}
