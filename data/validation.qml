<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- written by geoprospect -->
<qgis version="3.22" styleCategories="Symbology|Labeling|Fields" labelsEnabled="0">
  <renderer-v2 symbollevels="0" enableorderby="0" forceraster="0" attr="occurrence" type="categorizedSymbol">
    <categories>
      <category value="1" label="occurrence" symbol="0" render="true" />
      <category value="0" label="non-occurrence" symbol="1" render="true" />
    </categories>
    <symbols>
      <symbol type="marker" alpha="1" clip_to_extent="1" force_rhr="0" name="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option name="name" value="triangle" type="QString" />
            <Option name="color" value="#ff4f2e" type="QString" />
            <Option name="outline_color" value="#ffffff" type="QString" />
            <Option name="outline_style" value="solid" type="QString" />
            <Option name="outline_width" value="0.3" type="QString" />
            <Option name="outline_width_unit" value="MM" type="QString" />
            <Option name="size" value="3.2" type="QString" />
            <Option name="size_unit" value="MM" type="QString" />
          </Option>
        </layer>
      </symbol>
      <symbol type="marker" alpha="1" clip_to_extent="1" force_rhr="0" name="1">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option name="name" value="circle" type="QString" />
            <Option name="color" value="#bdbdbd" type="QString" />
            <Option name="outline_color" value="#4d4d4d" type="QString" />
            <Option name="outline_style" value="solid" type="QString" />
            <Option name="outline_width" value="0.3" type="QString" />
            <Option name="outline_width_unit" value="MM" type="QString" />
            <Option name="size" value="1.3" type="QString" />
            <Option name="size_unit" value="MM" type="QString" />
          </Option>
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <aliases>
    <alias field="occurrence" name="1 at an occurrence, 0 at a non-occurrence" index="0" />
  </aliases>
</qgis>
