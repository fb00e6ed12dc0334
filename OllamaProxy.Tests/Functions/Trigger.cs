using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using OllamaProxy.Functions;

namespace OllamaProxy.Tests.Functions;

/// <summary>A function of the Azure Functions app, found by its attributes.</summary>
public sealed record Trigger(string Name, MethodInfo Method, HttpTriggerAttribute? Http, TimerTriggerAttribute? Timer)
{
    /// <summary>All functions, in the order in which the host tries their routes.</summary>
    public static IReadOnlyList<Trigger> All { get; } =
    [
        .. from type in typeof(PromptTriggers).Assembly.GetTypes()
           where type.Namespace == typeof(PromptTriggers).Namespace
           from method in type.GetMethods()
           let function = method.GetCustomAttribute<FunctionAttribute>()
           where function is not null
           orderby function.Name
           select new Trigger(function.Name, method, Find<HttpTriggerAttribute>(method), Find<TimerTriggerAttribute>(method)),
    ];

    /// <summary>The HTTP methods, upper case; empty: any.</summary>
    public IReadOnlyList<string> Methods => [.. (Http!.Methods ?? []).Select(method => method.ToUpperInvariant())];

    /// <summary>Calls the function, with what each of its parameters binds to.</summary>
    public Task InvokeAsync(object instance, Func<Type, object> bind) =>
        (Task)Method.Invoke(instance, [.. Method.GetParameters().Select(parameter => bind(parameter.ParameterType))])!;

    private static T? Find<T>(MethodInfo method) where T : Attribute =>
        method.GetParameters().Select(parameter => parameter.GetCustomAttribute<T>()).SingleOrDefault(attribute => attribute is not null);
}
