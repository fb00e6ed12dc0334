using OllamaProxy.Tests.Support.Postgres;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace OllamaProxy.Tests.Support;

/// <summary>A test that needs PostgreSQL where its class is one for that: there it is skipped if there is none, and says so.</summary>
[XunitTestCaseDiscoverer("OllamaProxy.Tests.Support.StoreFactDiscoverer", "OllamaProxy.Tests")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class StoreFactAttribute : FactAttribute;

/// <summary>As <see cref="StoreFactAttribute"/>, with data.</summary>
[XunitTestCaseDiscoverer("OllamaProxy.Tests.Support.StoreTheoryDiscoverer", "OllamaProxy.Tests")]
[AttributeUsage(AttributeTargets.Method)]
public sealed class StoreTheoryAttribute : TheoryAttribute;

/// <summary>Finds the cases of a <see cref="StoreFactAttribute"/>.</summary>
public sealed class StoreFactDiscoverer(IMessageSink sink) : FactDiscoverer(sink)
{
    protected override IXunitTestCase CreateTestCase(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        SkippedTestCase.IsNeeded(testMethod)
            ? new SkippedTestCase(DiagnosticMessageSink, discoveryOptions, testMethod)
            : base.CreateTestCase(discoveryOptions, testMethod, factAttribute);
}

/// <summary>Finds the cases of a <see cref="StoreTheoryAttribute"/>.</summary>
public sealed class StoreTheoryDiscoverer(IMessageSink sink) : TheoryDiscoverer(sink)
{
    public override IEnumerable<IXunitTestCase> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo theoryAttribute) =>
        SkippedTestCase.IsNeeded(testMethod)
            ? [new SkippedTestCase(DiagnosticMessageSink, discoveryOptions, testMethod)]
            : base.Discover(discoveryOptions, testMethod, theoryAttribute);
}

/// <summary>A test that is skipped because there is no PostgreSQL, or no pooler.</summary>
public sealed class SkippedTestCase : XunitTestCase
{
    [Obsolete("Only for deserialisation.")]
    public SkippedTestCase()
    {
    }

    public SkippedTestCase(IMessageSink sink, ITestFrameworkDiscoveryOptions options, ITestMethod method)
        : base(sink, options.MethodDisplayOrDefault(), options.MethodDisplayOptionsOrDefault(), method)
    {
    }

    public static bool IsNeeded(ITestMethod method) => ReasonFor(method) is not null;

    protected override string GetSkipReason(IAttributeInfo factAttribute) => ReasonFor(TestMethod)!;

    private static string? ReasonFor(ITestMethod method) => method.TestClass.Class.Name switch
    {
        var name when name.Contains("Pooler", StringComparison.Ordinal) => Pgbouncer.MissingReason,
        var name when name.Contains("Failover", StringComparison.Ordinal) =>
            Clusters.MissingReason ?? Clusters.NoStandbyReason,
        var name when name.Contains("Postgres", StringComparison.Ordinal) => Clusters.MissingReason,
        _ => null,
    };
}
